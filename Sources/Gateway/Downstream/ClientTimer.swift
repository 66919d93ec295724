import NIOCore

/// What a connection waits for of its client, and since when.
///
/// It is looked at every now and then, and begins anew whenever what is waited for changes; so nothing is
/// scheduled or cancelled for a request.
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

    /// True once `reason` has been the same for longer than it may.
    mutating func isOver(_ reason: Reason, at now: NIODeadline, _ limits: GatewayLimits) -> Bool {
        guard reason == self.reason else {
            self.reason = reason
            since = now
            return false
        }
        return reason.limit(limits).map { now - since > $0 } ?? false
    }
}
