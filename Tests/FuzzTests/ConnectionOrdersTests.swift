#if !FUZZING
import Foundation
import Testing

/// A connection with a client in random orders of what may happen: ``ConnectionPromises``.
struct ConnectionOrdersTests {
    /// Of each seed.
    private static let rounds = ProcessInfo.processInfo.environment["VERIFY"] == "1" ? 2_000 : 100

    private static let requests = [
        "GET /v1/models HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /v1/models HTTP/1.0\r\n\r\n",
        "POST /v1/files HTTP/1.1\r\nHost: a\r\nContent-Length: 38\r\n\r\n"
            + "GET /v1/models HTTP/1.1\r\nHost: a\r\n\r\n  ",
        "POST /v1/files HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
            + "3;x\r\nGET\r\n2\r\n\r\n\r\n0\r\n\r\n",
        "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /ui HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
        "POST /manage HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n{}",
        "POST /manage HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\nA: b\r\n\r\n",
    ]
    private static let nonsense = [
        "\r\n", "GET", "GET /v1/models HTTP/1.1\r\n\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        "POST /v1/files HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n", "\u{16}\u{3}\u{1}",
        "POST /manage HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello!\r\n",
    ]

    @Test(arguments: 0..<64)
    func `whatever happens in whatever order, a connection keeps its promises`(seed: UInt64) throws {
        var random = Xorshift(state: seed &* 0x9E37_79B9_7F4A_7C15 | 1)
        for _ in 0..<Self.rounds {
            let count = random.below(60)
            var input = [UInt8(count)]
            for _ in 0..<count { input.append(UInt8(random.below(256))) }
            for _ in 0..<1 + random.below(5) {
                let isNonsense = random.below(12) == 0
                let texts = isNonsense ? Self.nonsense : Self.requests
                input += Array(texts[random.below(texts.count)].utf8)
            }
            do throws(BrokenPromise) {
                try ConnectionPromises.check(input)
            } catch {
                Issue.record("\(error.sentence): \(input)")
                return
            }
        }
    }

    /// A generator with a seed, so that a failure can be had again.
    private struct Xorshift {
        var state: UInt64

        mutating func below(_ bound: Int) -> Int {
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return Int(state % UInt64(bound))
        }
    }
}
#endif
