import Foundation
import Synchronization
import Testing

/// After the answer to a revocation nothing is dispatched with that access token any more.
@Suite(.serialized) @EndToEnd struct RevocationTests {
    nonisolated static let rounds = ProcessInfo.processInfo.environment["VERIFY"] == "1" ? 1000 : 50

    /// Arrivals by number of the access token, which clients send in `x-number`; and which revocations were
    /// answered.
    private final class Arrivals: Sendable {
        private let counts = Mutex([Int](repeating: 0, count: 4096))
        private let revoked = Mutex(Set<Int>())
        /// Of requests that were sent when the revocation had been answered.
        let late = Mutex(0)
        func note(_ number: Int) { counts.withLock { $0[number] += 1 } }
        subscript(number: Int) -> Int { counts.withLock { $0[number] } }
        func markRevoked(_ number: Int) { revoked.withLock { _ = $0.insert(number) } }
        func isRevoked(_ number: Int) -> Bool { revoked.withLock { $0.contains(number) } }
    }

    @Test func `under load nothing of a revoked access token arrives after its revocation`() async throws {
        let arrivals = Arrivals()
        let upstream = try ScriptedUpstream { connection in
            while true {
                let message = try connection.readMessage(within: 60000)
                if let number = message["x-number"].flatMap({ Int($0) }) { arrivals.note(number) }
                if message["x-late"] != nil { arrivals.late.withLock { $0 += 1 } }
                try connection.send(ScriptedUpstream.ok)
            }
        }
        let server = try await Latchkey()
        let project = try await server.project(at: upstream.port)
        // Waves of eight: each access token is used in a loop by a thread of its own until it is refused.
        let wave = 8
        var number = 0
        var atRevocation: [Int: Int] = [:]
        var used = 0
        while number < Self.rounds {
            let refused = Door()
            var accesses: [(Int, Latchkey.Access)] = []
            for _ in 0..<wave {
                accesses.append((number, try await server.issue(for: project)))
                number += 1
            }
            for (number, access) in accesses {
                let client = try server.connect()
                let field = "X-Number: \(number)\r\n"
                let text = request("POST", "/v1/chat/completions", access, field, json: "{}")
                let late = request(
                    "POST", "/v1/chat/completions", access, field + "X-Late: 1\r\n", json: "{}")
                Thread.detachNewThread {
                    defer { refused.open() }
                    var refusals = 0
                    while refusals < 3 {
                        let text = arrivals.isRevoked(number) ? late : text
                        guard (try? client.send(text)) != nil, let status = try? client.readMessage().status
                        else { return }
                        if status != 200 { refusals += 1 }
                    }
                }
            }
            for (number, access) in accesses {
                let deadline = ContinuousClock.now + .seconds(5)
                while arrivals[number] < 3, ContinuousClock.now < deadline { await Task.yield() }
                used += arrivals[number] >= 3 ? 1 : 0
                try await server.revoke(access)
                arrivals.markRevoked(number)
                atRevocation[number] = arrivals[number]
            }
            for _ in accesses { #expect(refused.pass()) }
        }
        #expect(used == number)
        #expect(arrivals.late.withLock { $0 } == 0)
        // What was dispatched before the answer may still be on its way into the script's thread: one at
        // most, for each access token is used on one connection.
        for (number, count) in atRevocation { #expect(arrivals[number] - count <= 1) }
        #expect(await server.isIdle())
        #expect(server.metric("latchkey_permit_defects_total") == 0)
        await server.stop()
    }

    @Test func `live streams of the access token are cut visibly, others go on`() async throws {
        let ready = Door()
        let more = Door()
        let upstream = try ScriptedUpstream { connection in
            _ = try connection.readHead()
            try connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n")
            ready.open()
            more.pass(within: 10)
            try connection.send("3\r\nend\r\n0\r\n\r\n")
        }
        let server = try await Latchkey()
        let project = try await server.project(at: upstream.port)
        let (bad, good) = (try await server.issue(for: project), try await server.issue(for: project))
        let cut = try (0..<5).map { _ in try server.connect() }
        let other = try server.connect()
        for client in cut { try client.send(request("GET", "/v1/models", bad)) }
        try other.send(request("GET", "/v1/models", good))
        for client in cut + [other] {
            try client.read(upTo: "hello")
            #expect(ready.pass())
        }
        try await server.revoke(bad)
        for client in cut {
            _ = try client.readToEnd(within: 1000)
            #expect(!client.text.contains("\r\n0\r\n"))
        }
        #expect(other.end == nil)
        for _ in 0..<6 { more.open() }
        let answer = try other.readMessage()
        #expect(answer.isComplete && answer.text == "helloend")
        #expect(server.metric("latchkey_requests_total", "outcome=\"revoked\"") == 5)
        await server.stop()
    }

    @Test func `a live stream of a suspended access token is cut, and once resumed the next one is not`()
        async throws
    {
        let more = Door()
        let upstream = try ScriptedUpstream { connection in
            _ = try connection.readHead()
            try connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n")
            more.pass(within: 10)
            try connection.send("3\r\nend\r\n0\r\n\r\n")
        }
        let server = try await Latchkey()
        let access = try await server.access(to: upstream)
        let client = try server.connect()
        try client.send(request("GET", "/v1/models", access))
        try client.read(upTo: "hello")
        try await server.suspend(access)
        _ = try client.readToEnd(within: 1000)
        #expect(!client.text.contains("\r\n0\r\n"))
        let refused = try server.connect()
        try refused.send(request("GET", "/v1/models", access))
        #expect(try refused.readMessage().status == 401)
        try await server.resume(access)
        for _ in 0..<2 { more.open() }
        let other = try server.connect()
        try other.send(request("GET", "/v1/models", access))
        #expect(try other.readMessage().text == "helloend")
        await server.stop()
    }

    @Test func `a running upload of a revoked access token ends with a 401`() async throws {
        let ready = Door()
        let gone = Door()
        let upstream = try ScriptedUpstream { connection in
            _ = try connection.readHead()
            ready.open()
            _ = try connection.readToEnd(within: 10000)
            gone.open()
        }
        let server = try await Latchkey()
        let access = try await server.access(to: upstream)
        let client = try server.connect()
        try client.send(request("POST", "/v1/files", access, "Content-Length: 1000\r\n") + "some")
        #expect(ready.pass())
        try await server.revoke(access)
        #expect(gone.pass(within: 1))
        #expect(try client.readMessage().status == 401)
        #expect(await server.isIdle())
        await server.stop()
    }

    @Test func `a body that is still held is never dispatched after the revocation`() async throws {
        let upstream = try ScriptedUpstream.answering(ScriptedUpstream.ok)
        let server = try await Latchkey()
        let access = try await server.access(to: upstream)
        let client = try server.connect()
        try client.send(
            request(
                "POST", "/v1/chat/x", access,
                "Content-Type: application/json\r\nContent-Length: 2\r\nExpect: 100-continue\r\n")
                + "{")
        #expect(try client.readHead().status == 100)
        try await server.revoke(access)
        try client.send("}")
        #expect(try client.readMessage().status == 401)
        #expect(upstream.connections.isEmpty)
        await server.stop()
    }

    @Test func `while the upstream's connection hangs, a revocation still wins`() async throws {
        // A backlog that is full: connecting neither succeeds nor fails.
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        let port = try ScriptedUpstream.listen(listener, backlog: 0)
        let filler = try RawSocket.connect(to: port)
        let server = try await Latchkey(["LATCHKEY_UPSTREAM_CONNECT_TIMEOUT": "30s"])
        let access = try await server.issue(for: server.project(at: port))
        let client = try server.connect()
        try client.send(request("POST", "/v1/files", access))
        while server.metric("latchkey_requests_in_flight") == 0 { await Task.yield() }
        try await server.revoke(access)
        #expect(try client.readMessage(within: 1000).status == 401)
        #expect(server.metric("latchkey_dispatched_total") == 0)
        filler.close()
        close(listener)
        await server.stop()
    }
}
