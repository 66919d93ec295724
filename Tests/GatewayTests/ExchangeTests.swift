import Domain
import Testing

@testable import Gateway

struct ExchangeTests {
    private func relaying() -> Exchange {
        var exchange = Exchange(body: .streamed, limit: 100)
        #expect(exchange.requestEnd() == .finishUpload)
        #expect(exchange.upstreamHead(200) == .relayHead)
        return exchange
    }

    @Test func `a held body is dispatched at its last byte, a streamed one uploaded`() {
        var held = Exchange(body: .held, limit: 10)
        #expect(held.requestBody(10) == .hold)
        #expect(held.requestEnd() == .attempt(after: nil))
        #expect(held.upstreamHead(200) == .relayHead)
        #expect(held.upstreamBody(1) == .relayBody)
        #expect(held.upstreamEnd(nil) == .finish)
        var streamed = Exchange(body: .streamed, limit: 10)
        #expect(streamed.requestBody(10) == .upload)
        #expect(streamed.requestEnd() == .finishUpload)
    }

    @Test func `one byte too many is refused before and cut after the head`() {
        let tooLarge = Rejection.bodyTooLarge(limit: 10)
        var before = Exchange(body: .held, limit: 10)
        #expect(before.requestBody(11) == .reply(.rejection(tooLarge)))
        #expect(before.isClosing)
        var after = Exchange(body: .streamed, limit: 10)
        _ = after.upstreamHead(200)
        #expect(after.requestBody(11) == .abort(.rejected(tooLarge), telling: .rejection(tooLarge)))
    }

    @Test func `a failure is told before the head, and cuts after it`() {
        var before = Exchange(body: .streamed, limit: 10)
        #expect(before.upstreamEnd(.connect) == .reply(.failure(.connect)))
        var after = relaying()
        #expect(after.upstreamEnd(.truncated) == .abort(.failed(.truncated), telling: .failure(.truncated)))
        #expect(after.isClosing)
    }

    @Test func `an upstream's 401 is never relayed`() {
        var exchange = Exchange(body: .streamed, limit: 10)
        #expect(exchange.upstreamHead(401) == .reply(.failure(.credentialRejected)))
        #expect(exchange.upstreamBody(1) == .none)
        #expect(exchange.upstreamEnd(nil) == .none)
    }

    @Test func `closed access is told before the head, and cuts after it`() {
        var before = Exchange(body: .held, limit: 10)
        #expect(before.accessClosed(.revokedCredential) == .reply(.rejection(.revokedCredential)))
        var after = relaying()
        #expect(
            after.accessClosed(.revokedCredential)
                == .abort(.revoked, telling: .rejection(.revokedCredential)))
        #expect(after.accessClosed(.revokedCredential) == .none)
    }

    @Test func `a server that stops says so before the head, and cuts after it`() {
        var before = Exchange(body: .held, limit: 10)
        #expect(before.serverStops() == .reply(.failure(.cancelled)))
        var after = relaying()
        #expect(after.serverStops() == .abort(.failed(.cancelled), telling: .failure(.cancelled)))
        #expect(after.serverStops() == .none)
    }

    @Test func `a client that has gone is told nothing`() {
        var exchange = relaying()
        #expect(exchange.clientGone(usageIsNear: false) == .abort(.clientGone, telling: nil))
    }

    private func lingering() -> Exchange {
        var exchange = relaying()
        #expect(exchange.upstreamBody(10) == .relayBody)
        #expect(exchange.clientGone(usageIsNear: true) == .linger)
        #expect(exchange.isLingering && !exchange.isEnded)
        return exchange
    }

    @Test func `after the finish reason the usage is waited for, and nothing is relayed`() {
        var exchange = lingering()
        #expect(exchange.upstreamBody(10) == .meterBody)
        #expect(exchange.clientGone(usageIsNear: true) == .none)
        #expect(!exchange.hasLingeredEnough)
        #expect(exchange.upstreamEnd(nil) == .abort(.clientGone, telling: nil))
        #expect(exchange.isEnded && exchange.upstreamBody(10) == .none)
        var broken = lingering()
        #expect(broken.upstreamEnd(.reset) == .abort(.clientGone, telling: nil))
    }

    @Test func `waiting for the usage ends with its time or its bytes`() {
        var late = lingering()
        #expect(late.lingeringEnds() == .abort(.clientGone, telling: nil))
        #expect(late.lingeringEnds() == .none)
        var long = lingering()
        #expect(long.upstreamBody(GatewayLimits.usageBytes - 1) == .meterBody)
        #expect(!long.hasLingeredEnough)
        #expect(long.upstreamBody(1) == .meterBody)
        #expect(long.hasLingeredEnough)
        #expect(long.lingeringEnds() == .abort(.clientGone, telling: nil))
        var running = relaying()
        #expect(running.lingeringEnds() == .none)
    }

    @Test func `neither a closed access nor a server that stops waits for the usage`() {
        var revoked = lingering()
        #expect(revoked.accessClosed(.revokedCredential) == .abort(.clientGone, telling: nil))
        var stopped = lingering()
        #expect(stopped.serverStops() == .abort(.clientGone, telling: nil))
    }

    @Test func `without a response, or with an upload under way, no usage is waited for`() {
        var awaiting = Exchange(body: .streamed, limit: 100)
        _ = awaiting.requestEnd()
        #expect(awaiting.clientGone(usageIsNear: true) == .abort(.clientGone, telling: nil))
        var uploading = Exchange(body: .streamed, limit: 100)
        _ = uploading.upstreamHead(200)
        #expect(uploading.clientGone(usageIsNear: true) == .abort(.clientGone, telling: nil))
    }

    @Test func `after an early end nothing is done with the body`() {
        var exchange = Exchange(rejected: .methodNotAllowed)
        #expect(exchange.requestBody(1) == .none)
        #expect(exchange.requestEnd() == .none)
        #expect(exchange.clientGone(usageIsNear: true) == .none)
        #expect(exchange.isEnded && !exchange.isClosing)
        #expect(Exchange(rejected: .uriTooLong).isClosing)
    }

    private static let failures: [UpstreamFailure] = [.reset, .connect, .exhausted, .credentialRevealed]

    @Test func `a failure is followed by another attempt while nothing was relayed and the body is there`() {
        var held = Exchange(body: .held, limit: 10)
        _ = held.requestBody(10)
        #expect(held.requestEnd() == .attempt(after: nil))
        #expect(held.upstreamEnd(.connect, hasNext: true) == .attempt(after: .connect))
        #expect(held.upstreamHead(401, hasNext: true) == .attempt(after: .credentialRejected))
        #expect(held.upstreamEnd(.reset) == .reply(.failure(.reset)))
        var empty = Exchange(body: .none, limit: 10)
        #expect(empty.upstreamEnd(.connectTimeout, hasNext: true) == .attempt(after: .connectTimeout))
        #expect(empty.upstreamHead(200, hasNext: true) == .relayHead)
        #expect(
            empty.upstreamEnd(.reset, hasNext: true)
                == .abort(.failed(.reset), telling: .failure(.reset)))
        var streamed = Exchange(body: .streamed, limit: 10)
        #expect(streamed.upstreamEnd(.connect, hasNext: true) == .reply(.failure(.connect)))
        var ours = Exchange(body: .none, limit: 10)
        #expect(ours.upstreamEnd(.exhausted, hasNext: true) == .reply(.failure(.exhausted)))
    }

    @Test(arguments: 0..<64)
    func `whatever happens in whatever order, it ends once at most and relays nothing afterwards`(
        seed: UInt64
    ) {
        var state = seed &* 0x9E37_79B9_7F4A_7C15 | 1
        func draw(_ bound: UInt64) -> UInt64 {
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return state % bound
        }
        for _ in 0..<500 {
            let body = [Exchange.Body.held, .streamed, .none][Int(draw(3))]
            var exchange = Exchange(body: body, limit: 100)
            var ends = 0
            var (hasBody, isRelaying, isClosed) = (false, false, false)
            for step in 0..<20 {
                let wasEnded = exchange.isEnded
                let isLast = step == 19
                let wasLingering = exchange.isLingering
                let wasRelaying = isRelaying
                let hasNext = draw(2) == 0 && !isClosed
                let action: Exchange.Action
                switch isLast ? 5 : draw(11) {
                case 0:
                    action = exchange.requestBody(1 + Int(draw(60)))
                    hasBody = true
                case 1: action = exchange.isRequestComplete ? .none : exchange.requestEnd()
                case 2:
                    action = exchange.upstreamHead(draw(4) == 0 ? 401 : 200, hasNext: hasNext)
                    if action == .relayHead { isRelaying = true }
                case 3: action = exchange.upstreamBody(Int(draw(60)))
                case 4:
                    action = exchange.accessClosed(.revokedCredential)
                    isClosed = true
                case 5: action = exchange.clientGone(usageIsNear: !isLast && draw(2) == 0)
                case 6: action = exchange.upstreamEnd(Self.failures[Int(draw(4))], hasNext: hasNext)
                case 7: action = exchange.serverStops()
                case 8: action = exchange.lingeringEnds()
                case 9: action = exchange.clientGone(usageIsNear: true)
                default: action = exchange.refuse(.malformedBody)
                }
                switch action {
                case .reply, .finish, .abort:
                    ends += 1
                    #expect(!wasEnded && exchange.isEnded)
                    if wasLingering { #expect(action == .abort(.clientGone, telling: nil)) }
                case .attempt(let failure?):
                    #expect(hasNext && !wasRelaying && body != .streamed && !isClosed)
                    #expect(failure.mayBeTriedElsewhere && !exchange.isEnded)
                    #expect(body == .held ? exchange.isRequestComplete : !hasBody)
                case .hold, .upload, .finishUpload, .attempt(after: nil), .relayHead, .relayBody, .linger:
                    #expect(!wasEnded && !wasLingering)
                case .meterBody: #expect(wasLingering && exchange.isLingering)
                case .none: break
                }
            }
            if exchange.isLingering, exchange.lingeringEnds() != .none { ends += 1 }
            #expect(ends == 1)
        }
    }
}
