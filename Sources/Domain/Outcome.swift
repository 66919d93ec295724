/// How an exchange ended. Every exchange has exactly one, told to the counters and the access log at its
/// settlement.
package enum Outcome: Hashable, Sendable {
    /// The upstream's answer was relayed whole, whatever its status.
    case completed
    case rejected(Rejection)
    case failed(UpstreamFailure)
    /// The client went away before the end.
    case clientGone
    /// Its access token or project was closed while it ran.
    case revoked

    /// A stable name from a bounded set.
    package var name: String {
        switch self {
        case .completed: "completed"
        case .rejected: "rejected"
        case .failed: "failed"
        case .clientGone: "client_gone"
        case .revoked: "revoked"
        }
    }

    /// Why, where there is a why: from a bounded set.
    package var reason: String? {
        switch self {
        case .completed, .clientGone, .revoked: nil
        case .rejected(let rejection): rejection.internalReason
        case .failed(let failure): failure.reason
        }
    }
}
