import NIOCore

/// What the attempts after the first need of a request: kept only where there are more targets than one, and
/// until the first byte of an answer is relayed.
final class FurtherAttempts {
    var plan: RoutePlan
    let head: RequestHead
    let peek: BodyPeek
    let isHeldJSON: Bool
    /// As it came; each target may want it changed otherwise.
    let body: ByteBuffer
    /// Some attempt was sent, and the request is charged.
    var wasDispatched = false

    init(_ plan: RoutePlan, _ head: RequestHead, _ peek: BodyPeek, isHeldJSON: Bool, body: ByteBuffer) {
        self.plan = plan
        self.head = head
        self.peek = peek
        self.isHeldJSON = isHeldJSON
        self.body = body
    }
}
