import NIOCore

/// What a connection waits for of its client, and since when.
///
/// It is looked at every now and then, and begins anew whenever what is waited for changes; so nothing is
/// scheduled or cancelled for a request. A body that comes without a pause, but too slowly, is over too:
/// counted is the time in which its client could have sent more.
struct ClientTimer {
    enum Reason: Equatable {
        /// The first byte of a request.
        case request(number: Int)
        /// The rest of a head, however it drips.
        case head(number: Int)
        /// More of a body, of which so many bytes are there.
        case body(count: Int)
        /// To take what is written.
        case write
        /// To have read the last answer.
        case farewell
        /// Nothing: it is others who have to do something.
        case nothing

        /// How long that may take; nil for ever.
        func limit(_ limits: GatewayLimits) -> TimeAmount? {
            switch self {
            case .request: limits.keepAliveTimeout
            case .head: limits.headTimeout
            case .body: limits.bodyTimeout
            case .write: limits.writeTimeout
            case .farewell: GatewayLimits.lingering
            case .nothing: nil
            }
        }
    }

    private var reason = Reason.request(number: 0)
    private var since = NIODeadline.now()
    private var upload = Upload(request: 0, start: 0, lastLook: .now())

    /// How long a body was waited for.
    private struct Upload {
        var request: Int
        /// Bytes of the connection's bodies before it.
        var start: Int
        var waited = TimeAmount.nanoseconds(0)
        /// nil while it was not waited for.
        var lastLook: NIODeadline?
    }

    /// True once `reason` has been the same for longer than it may.
    mutating func isOver(_ reason: Reason, at now: NIODeadline, _ limits: GatewayLimits) -> Bool {
        guard reason == self.reason else {
            self.reason = reason
            since = now
            return false
        }
        return reason.limit(limits).map { now - since > $0 } ?? false
    }

    /// True once a body was waited for as long as it may stand still, and has come at less than the least
    /// rate in that time. `bytes`: of all bodies of the connection so far, `start` of those in front of this
    /// one.
    mutating func isTooSlow(
        _ reason: Reason, request: Int, start: Int, at now: NIODeadline, _ limits: GatewayLimits
    ) -> Bool {
        guard case .body(let bytes) = reason else {
            upload.lastLook = nil
            return false
        }
        if upload.request != request { upload = Upload(request: request, start: start) }
        if let last = upload.lastLook { upload.waited = upload.waited + (now - last) }
        upload.lastLook = now
        guard upload.waited > limits.bodyTimeout else { return false }
        let seconds = Double(upload.waited.nanoseconds) / 1e9
        return Double(bytes - upload.start) < seconds * Double(limits.bodyRate)
    }

    /// True where it has waited for a request for so long.
    func isIdle(for time: TimeAmount, at now: NIODeadline) -> Bool {
        if case .request = reason { now - since > time } else { false }
    }
}
