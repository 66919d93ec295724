import NIOCore

/// What a connection waits for of its client, and since when.
///
/// It is looked at every now and then, and begins anew whenever what is waited for changes; so nothing is
/// scheduled or cancelled for a request. A body that comes without a pause, but too slowly, is over too: what
/// counts is the time in which its client could have sent more.
struct ClientTimer {
    enum Reason: Equatable {
        /// The first byte of a request.
        case request(number: Int)
        /// The rest of a head, however it drips.
        case head(number: Int)
        /// More of the body of a request, of which so many bytes are there.
        case body(request: Int, count: Int)
        /// To take what is written.
        case write
        /// To have read the last response.
        case lastResponse
        /// Nothing: it is others who have to do something.
        case nothing

        /// How long that may take; nil for ever.
        func limit(_ limits: GatewayLimits) -> TimeAmount? {
            switch self {
            case .request: limits.keepAliveTimeout
            case .head: limits.headTimeout
            case .body: limits.bodyTimeout
            case .write: limits.writeTimeout
            case .lastResponse: GatewayLimits.lingering
            case .nothing: nil
            }
        }
    }

    /// How long the body of a request was waited for.
    private struct Upload {
        var request: Int
        var waited = TimeAmount.nanoseconds(0)
        /// nil while it was not waited for.
        var lastLook: NIODeadline?
    }

    private var reason = Reason.request(number: 0)
    private var since: NIODeadline
    private var upload = Upload(request: 0)

    init(at now: NIODeadline) { since = now }

    /// True once `reason` has been the same for longer than it may, or a body was waited for as long as it
    /// may stand still and has come at less than the least rate in that time.
    mutating func isOver(_ reason: Reason, at now: NIODeadline, _ limits: GatewayLimits) -> Bool {
        let isTooSlow = isTooSlow(reason, at: now, limits)
        guard reason == self.reason else {
            self.reason = reason
            since = now
            return isTooSlow
        }
        return isTooSlow || reason.limit(limits).map { now - since > $0 } ?? false
    }

    private mutating func isTooSlow(
        _ reason: Reason, at now: NIODeadline, _ limits: GatewayLimits
    ) -> Bool {
        guard case .body(let request, let count) = reason else {
            upload.lastLook = nil
            return false
        }
        if upload.request != request { upload = Upload(request: request) }
        if let last = upload.lastLook { upload.waited = upload.waited + (now - last) }
        upload.lastLook = now
        guard upload.waited > limits.bodyTimeout else { return false }
        let seconds = Double(upload.waited.nanoseconds) / 1e9
        return Double(count) < seconds * Double(limits.bodyRate)
    }

    /// True where it has waited for a request for so long.
    func isIdle(for time: TimeAmount, at now: NIODeadline) -> Bool {
        if case .request = reason { now - since > time } else { false }
    }
}
