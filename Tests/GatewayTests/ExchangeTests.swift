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
        #expect(held.requestEnd() == .dispatch)
        #expect(held.upstreamHead(200) == .relayHead)
        #expect(held.upstreamBody() == .relayBody)
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
        #expect(exchange.upstreamBody() == .none)
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
        #expect(exchange.clientGone() == .abort(.clientGone, telling: nil))
    }

    @Test func `behind an early end the body is discarded within a bound`() {
        var exchange = Exchange(rejected: .methodNotAllowed)
        #expect(exchange.requestBody(GatewayLimits.discardedBytes) == .discard)
        #expect(exchange.requestBody(1) == .release(closing: true))
        var other = Exchange(rejected: .methodNotAllowed)
        #expect(other.requestEnd() == .release(closing: false))
        var closing = Exchange(rejected: .uriTooLong)
        #expect(closing.requestBody(1) == .discard)
        #expect(closing.requestBody(GatewayLimits.discardedBytes) == .release(closing: true))
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
            var exchange = Exchange(body: draw(2) == 0 ? .held : .streamed, limit: 100)
            var ends = 0
            for step in 0..<20 {
                let wasEnded = exchange.isEnded
                let isLast = step == 19
                let action: Exchange.Action
                switch isLast ? 5 : draw(9) {
                case 0: action = exchange.requestBody(Int(draw(60)))
                case 1: action = exchange.isRequestComplete ? .none : exchange.requestEnd()
                case 2: action = exchange.upstreamHead(draw(4) == 0 ? 401 : 200)
                case 3: action = exchange.upstreamBody()
                case 4: action = exchange.accessClosed(.revokedCredential)
                case 5: action = exchange.clientGone()
                case 6: action = exchange.upstreamEnd(.reset)
                case 7: action = exchange.serverStops()
                default: action = exchange.refuse(.malformedBody)
                }
                switch action {
                case .reply, .finish, .abort:
                    ends += 1
                    #expect(!wasEnded && exchange.isEnded)
                case .hold, .upload, .finishUpload, .dispatch, .relayHead, .relayBody: #expect(!wasEnded)
                case .none, .discard, .release: break
                }
            }
            #expect(ends == 1)
        }
    }
}
