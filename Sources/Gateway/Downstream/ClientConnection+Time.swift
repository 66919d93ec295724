import Domain
import NIOCore

/// How long a client may take.
extension ClientConnection {
    private var waitsFor: ClientTimer.Reason {
        if !isWritable { return .write }
        switch phase {
        case .head: return parser.isAtStart ? .request(number: requestCount) : .head(number: requestCount)
        case .preface: return .head(number: requestCount)
        case .body where isRouted || proxy.takesMore: return .body(count: bodyBytes)
        case .closing: return isLingering ? .farewell : .write
        case .body, .parked, .answering: return .nothing
        }
    }

    /// Every now and then: gives up a client that takes too long.
    func look(at now: NIODeadline) {
        let reason = waitsFor
        guard timer.isOver(reason, at: now, worker.limits) else { return }
        switch reason {
        case .nothing: break
        case .request, .farewell: close()
        case .head, .body: refuse(.requestTimeout)
        case .write:
            proxy.clientLeft()
            close()
        }
        proxy.flush()
    }
}
