import Domain
import NIOCore

/// How long a client may take, and when more is read of it.
extension ConnectionMachine {
    /// `takesUpload`: the exchange takes more of its request's body.
    private func waitsFor(_ takesUpload: () -> Bool) -> ClientTimer.Reason {
        if !isWritable { return .write }
        switch state {
        case .head where parser.isAtStart && room != .reserve: return .request(number: requestCount)
        case .head, .preface: return .head(number: requestCount)
        case .body(_, .exchange, let response) where response != .ended && !takesUpload(): return .nothing
        case .body: return .body(request: requestCount, count: bodyBytes)
        case .closing(.lingering): return .lastResponse
        case .closing(.ending), .closing(.writing): return .write
        case .closing(.closed), .parked, .answering, .refusing: return .nothing
        }
    }

    /// Every now and then: true where it gives up a client that takes too long.
    mutating func look(
        at now: NIODeadline, takesUpload: () -> Bool, _ limits: GatewayLimits
    ) -> Bool {
        let reason = waitsFor(takesUpload)
        guard timer.isOver(reason, at: now, limits) else { return false }
        switch reason {
        case .nothing: return false
        case .request, .lastResponse: close()
        case .head, .body: refuse(.requestTimeout)
        case .write: leave()
        }
        return true
    }

    /// Gives its place to another connection, if it waits for a request and did so for a while. The client of
    /// a connection that is kept alive must expect that (RFC 9112 9.3.1).
    mutating func givesPlace(at now: NIODeadline) -> Bool {
        guard room == .ordinary, input.readableBytes == 0, case .request = waitsFor({ true }),
            timer.isIdle(for: GatewayLimits.idleTime, at: now)
        else { return false }
        room = .none
        close()
        return true
    }

    /// Whether more is to be read of the socket now; true once until it has come. `buffer`: bytes of the next
    /// requests that may wait for a response.
    mutating func asksForMore(takesUpload: () -> Bool, buffer: Int) -> Bool {
        guard case .paused = source else { return false }
        let asks =
            switch state {
            case .head, .preface, .closing, .body(_, _, .ended): true
            case .parked, .refusing, .body(_, .router, _): false
            case .body(_, .exchange, _): takesUpload()
            case .answering: input.readableBytes < buffer
            }
        if asks { source = .reading }
        return asks
    }

    /// The same, where the router asks for more of its request's body.
    mutating func asksForMoreOfBody() -> Bool {
        guard case .paused = source, case .body(_, .router, _) = state else { return false }
        source = .reading
        return true
    }
}
