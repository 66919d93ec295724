import Domain
import Foundation
import Testing

/// A client that leaves when its stream has said why its output ended: the usage, which is all that can still
/// come, is waited for, within bounds.
@Suite(.serialized) @EndToEnd struct LingeringTests {
    nonisolated private static let isVerifying = ProcessInfo.processInfo.environment["VERIFY"] == "1"
    nonisolated private static let head =
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
    nonisolated private static let content = #"{"choices":[{"index":0,"delta":{"content":"one two"}}]}"#
    nonisolated private static let reason =
        #"{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#
    nonisolated private static let usage =
        #"{"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":4,"total_tokens":7}}"#
    private static let asked =
        #"{"model":"gpt-4.1","stream":true,"messages":[],"max_tokens":50,"#
        + #""stream_options":{"include_usage":true}}"#

    nonisolated private static func event(_ data: String) -> String {
        let text = "data: \(data)\n\n"
        return "\(String(text.utf8.count, radix: 16))\r\n\(text)\r\n"
    }

    /// A server on one loop, and a client of it that has left behind `events`; returns when the server knows.
    private func leave(
        _ upstream: ScriptedUpstream, behind last: String, resets: Bool = false
    ) async throws -> (Latchkey, Latchkey.Access) {
        let server = try await Latchkey(["LATCHKEY_THREADS": "1"])
        let access = try await server.access(to: upstream, limits: ["tokens=100000/day"])
        let client = try server.connect()
        try client.send(request("POST", "/v1/chat/completions", access, json: Self.asked))
        try client.read(upTo: last)
        if resets { client.reset() } else { client.close() }
        // Accepted on the same loop behind the client's end.
        for _ in 1...3 { #expect(try server.ask(request("GET", "/live")).status == 200) }
        return (server, access)
    }

    @Test(arguments: [true, false])
    func `a client that leaves after the finish reason is charged what its answer says`(_ resets: Bool)
        async throws
    {
        let left = Door()
        let upstream = try ScriptedUpstream { connection in
            while true {
                _ = try connection.readMessage(within: 60000)
                try connection.send(Self.head + Self.event(Self.content) + Self.event(Self.reason))
                left.pass()
                try connection.send(Self.event(Self.usage) + Self.event("[DONE]") + "0\r\n\r\n")
            }
        }
        let (server, access) = try await leave(
            upstream, behind: #""finish_reason":"stop"}]}"#, resets: resets)
        #expect(server.metric("latchkey_requests_in_flight") == 1)
        left.open()
        #expect(await server.isIdle())
        let row = try #require(try await server.ledger(1).first)
        #expect(row.outcome == "client_gone" && row.usage == Usage(prompt: 3, completion: 4))
        #expect(row.accuracy == .exact && row.charge.tokens == 7)
        #expect(server.metric("latchkey_permit_defects_total") == 0)
        // The answer came whole, so its connection is used again.
        left.open()
        #expect(
            try server.ask(request("POST", "/v1/chat/completions", access, json: Self.asked)).status == 200)
        #expect(upstream.connections.count == 1)
        await server.stop()
    }

    @Test func `a usage that does not come is not waited for longer than it may`() async throws {
        let gone = Door()
        let upstream = try ScriptedUpstream { connection in
            _ = try connection.readMessage(within: 60000)
            try connection.send(Self.head + Self.event(Self.content) + Self.event(Self.reason))
            _ = try connection.readToEnd(within: 10_000)
            gone.open()
        }
        let (server, _) = try await leave(upstream, behind: #""finish_reason":"stop"}]}"#)
        #expect(!gone.pass(within: 0.5))
        #expect(gone.pass(within: 10))
        #expect(await server.isIdle())
        let row = try #require(try await server.ledger(1).first)
        #expect(row.outcome == "client_gone" && row.accuracy != .exact)
        await server.stop()
    }

    @Test func `a stream that goes on and on is not read for longer than it may`() async throws {
        let gone = Door()
        let upstream = try ScriptedUpstream { connection in
            _ = try connection.readMessage(within: 60000)
            try connection.send(Self.head + Self.event(Self.content) + Self.event(Self.reason))
            let more = Self.event(String(repeating: "x", count: 4096))
            while (try? connection.send(more)) != nil {}
            gone.open()
        }
        let (server, _) = try await leave(upstream, behind: #""finish_reason":"stop"}]}"#)
        #expect(gone.pass(within: 10))
        #expect(await server.isIdle())
        await server.stop()
    }

    @Test(arguments: ["revocation", "drain"])
    func `neither a revocation nor a drain waits for the usage`(_ cause: String) async throws {
        let gone = Door()
        let upstream = try ScriptedUpstream { connection in
            _ = try connection.readMessage(within: 60000)
            try connection.send(Self.head + Self.event(Self.content) + Self.event(Self.reason))
            _ = try connection.readToEnd(within: 10_000)
            gone.open()
        }
        let (server, access) = try await leave(upstream, behind: #""finish_reason":"stop"}]}"#)
        let began = ContinuousClock.now
        if cause == "revocation" {
            try await server.revoke(access)
            #expect(server.metric("latchkey_requests_in_flight") == 0)
        } else {
            await server.drain()
        }
        #expect(gone.pass(within: 10))
        if Self.isVerifying { #expect(ContinuousClock.now - began < .seconds(1)) }
        #expect(await server.isIdle())
        await server.stop()
    }

    @Test func `before the finish reason nothing is waited for`() async throws {
        let gone = Door()
        let upstream = try ScriptedUpstream { connection in
            _ = try connection.readMessage(within: 60000)
            try connection.send(Self.head + Self.event(Self.content))
            _ = try connection.readToEnd(within: 10_000)
            gone.open()
        }
        let (server, _) = try await leave(upstream, behind: #"one two"}}]}"#)
        #expect(server.metric("latchkey_requests_in_flight") == 0)
        #expect(gone.pass(within: 10))
        await server.stop()
    }
}
