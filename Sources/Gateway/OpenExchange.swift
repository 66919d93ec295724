import Domain
import NIOCore
import Telemetry
import Upstream

/// An exchange under way: its machine, and what the machine does not need to know.
final class OpenExchange {
    /// What there is from admission on.
    struct Admitted {
        let permit: Permit
        let endpoint: Endpoint
        let consumption: Consumption
        let client: ClientClass
    }

    /// While the body is held: its bytes are not kept for as long as a stream lasts.
    var head: RequestHead?
    let isHead: Bool
    let isHTTP11: Bool
    /// The client reads HTTP/2 alone, and can only be refused.
    var readsHTTP2 = false
    private let startedAt = NIODeadline.now().uptimeNanoseconds
    var machine = Exchange(body: .streamed, limit: 0)
    var record: ExchangeRecord
    var admitted: Admitted?
    /// The credential that was refused because it is not in memory.
    var absent: CredentialHash?
    /// The one under way, or the last.
    var attempt: Attempt?
    /// Where there are more targets than one, and the body can be sent to each.
    var further: FurtherAttempts?
    /// The body is read as JSON, whatever its client calls it.
    var isJSON = false
    /// The body is held whole before it is sent on.
    var isHeld = false
    /// The body, where it is held.
    var held = ByteBuffer()
    /// Bytes taken from the budget that all loops share.
    var reserved = 0
    /// Of these, what is of the share of its access token.
    var sharedBytes = 0
    /// The answer is a list of models, of which the access token is granted some.
    var modelList: ModelList?
    /// Where the answer has to tell by itself whether it was whole.
    var answerEnd: AnswerEnd?
    /// Among the exchanges that there may be at once.
    var hasPlace = false
    /// Among those of its access token.
    var hasShare = false
    var isSettled = false
    /// Since when its usage is waited for, its client being gone.
    var lingersSince: NIODeadline?
    /// Fields of the request that hold one of our credentials, in lower case: they go no further.
    var unwantedFields: [String] = []

    init(_ head: borrowing RequestHead, _ record: consuming ExchangeRecord) {
        isHead = head.method == .head
        isHTTP11 = head.isHTTP11
        self.record = record
    }

    /// What a stream of events ends with that is cut off now; nil where it is none, or not between two
    /// events.
    func lastEvent(telling error: APIError) -> [UInt8]? {
        guard let kind = admitted?.endpoint.kind, let number = attempt?.nextEvent else { return nil }
        return ErrorEvent.bytes(error, from: kind, number: number)
    }

    /// Since it began. `moment` is of the same clock, and not before.
    func nanoseconds(until moment: UInt64) -> Int64 { Int64(truncatingIfNeeded: moment &- startedAt) }
}
