import Domain
import NIOCore

/// How long a client may take.
extension ClientConnection {
    private var waitsFor: ClientTimer.Reason {
        if !isWritable { return .write }
        switch phase {
        case .head where parser.isAtStart && room != .reserve: return .request(number: requestCount)
        case .head: return .head(number: requestCount)
        case .preface: return .head(number: requestCount)
        case .body where isRouted || proxy.takesMore: return .body(count: bodyBytes)
        case .closing: return isLingering ? .farewell : .write
        case .body, .parked, .answering: return .nothing
        }
    }

    /// Every now and then: gives up a client that takes too long.
    func look(at now: NIODeadline) {
        let reason = waitsFor
        let isSlow = timer.isTooSlow(
            reason, request: requestCount, start: bodyStart, at: now, worker.limits)
        guard timer.isOver(reason, at: now, worker.limits) || isSlow else { return }
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

    // MARK: Room for other connections

    /// Gives its place to another connection, if it waits for a request and did so for a while. The client of
    /// a connection that is kept alive must expect that (RFC 9112 9.3.1).
    func givePlace(at now: NIODeadline) -> Bool {
        guard room == .ordinary, input.readableBytes == 0, case .request = waitsFor,
            timer.isIdle(for: GatewayLimits.idleTime, at: now)
        else { return false }
        room = .none
        close()
        return true
    }

    /// A place among the connections that there may be: one of its address's share, or else, where operators
    /// come by the same listener, one of those that are kept for them.
    func takeRoom() {
        let capacity = worker.capacity
        if !takesExchanges {
            room = capacity.openOperatorConnection() ? .operators : .none
        } else if isCounted(), capacity.openConnection() || worker.makeRoom() {
            room = .ordinary
        } else if !capacity.limits.hasOperatorListener, capacity.openOperatorConnection() {
            room = .reserve
        }
    }

    /// False where its address has its share of the connections already.
    private func isCounted() -> Bool {
        guard let address = peer?.countedAddress else { return true }
        guard worker.capacity.openConnection(from: address) else { return false }
        countedAddress = address
        return true
    }

    func giveRoomBack() {
        switch room {
        case .ordinary: worker.capacity.closeConnection()
        case .operators, .reserve: worker.capacity.closeOperatorConnection()
        case .none: break
        }
        room = .none
    }
}
