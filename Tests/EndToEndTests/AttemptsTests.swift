import Domain
import Foundation
import Gateway
import Testing
import Vault

@testable import App

/// Requests of a project that has more targets than its upstream: what is tried after what, over sockets.
@Suite(.serialized) @EndToEnd struct AttemptsTests {
    private nonisolated static let answer = """
        {"id":"chatcmpl-1","object":"chat.completion","model":"m","choices":[{"index":0,\
        "finish_reason":"stop","message":{"role":"assistant","content":"Hello there"}}],\
        "usage":{"prompt_tokens":5,"completion_tokens":3,"total_tokens":8}}
        """
    private nonisolated static let body =
        #"{"model":"m","max_tokens":100,"messages":[{"role":"user","#
        + #""content":"hi"}]}"#

    private nonisolated static func whole(_ answer: String, status: String = "200 OK") -> String {
        "HTTP/1.1 \(status)\r\nContent-Type: application/json\r\nContent-Length: "
            + "\(answer.utf8.count)\r\n\r\n\(answer)"
    }

    /// Takes a request and closes the connection without a word.
    private static func dying() throws -> ScriptedUpstream {
        try ScriptedUpstream { connection in _ = try connection.readMessage(within: 10000) }
    }

    private struct Place {
        let server: Latchkey
        let access: Latchkey.Access
        let second: ScriptedUpstream

        func ask(_ text: String) throws -> RawMessage {
            let client = try server.connect()
            try client.send(text)
            return try client.readMessage(within: 10000)
        }

        func chat() throws -> RawMessage {
            try ask(request("POST", "/v1/chat/completions", access, json: AttemptsTests.body))
        }
    }

    /// A project whose upstream is at `port`, and which has `second` beside it.
    private func place(
        _ port: Int, limits: [String] = [], models: String? = nil, model: String? = nil,
        hasKey: Bool = true
    ) async throws -> Place {
        let server = try await Latchkey()
        let second = try ScriptedUpstream.answering(Self.whole(Self.answer))
        let project = try await server.project(at: port, key: hasKey ? Latchkey.upstreamKey : nil)
        let grants = try models.map { [GrantChange.models([try #require(ModelPattern($0))])] } ?? []
        let access = try await server.issue(for: project, grants: grants, limits: limits)
        let target = Target(
            try UpstreamURL(parsing: "http://127.0.0.1:\(second.port)/v1"), model: model,
            key: UpstreamKey(
                CredentialID(unchecked: "cred_000000000002"), Secret(utf8: "sk-canary-Second/Key")))
        let id = CredentialID(unchecked: "cred_000000000001")
        await server.wiring.dataPath.access.put(
            project, key: hasKey ? UpstreamKey(id, Secret(utf8: Latchkey.upstreamKey)) : nil, beside: [target]
        )
        return Place(server: server, access: access, second: second)
    }

    @Test func `a target that cannot be reached is followed by the next, and costs nothing`() async throws {
        let free = RawSocket.makeSocket()
        let port = try ScriptedUpstream.listen(free, backlog: 0)
        RawSocket(free).close()
        let place = try await place(port, limits: ["requests=1/day"])
        let message = try place.chat()
        #expect(message.status == 200 && message.body == Array(Self.answer.utf8))
        let rows = try await place.server.ledger(1)
        #expect(rows.count == 1)
        let row = try #require(rows.first)
        #expect(row.target.number == 2 && row.target.upstream == "127.0.0.1:\(place.second.port)")
        #expect(row.target.credential == CredentialID("cred_000000000002"))
        #expect(row.charge.requests == 1 && row.usage.tokens == 8 && row.accuracy == .exact)
        #expect(place.server.metric("latchkey_upstream_attempts_total", #"attempt="2""#) == 1)
        let line = try #require(await place.server.accessLogLines(1).first)
        #expect(
            line.contains(
                #""attempts":2,"upstream":"127.0.0.1:\#(place.second.port)","#
                    + #""credential":"cred_000000000002""#))
        await place.server.stop()
    }

    @Test func `a target that dies unanswered is followed by the next, and the request counts once`()
        async throws
    {
        let first = try Self.dying()
        let place = try await place(first.port, limits: ["requests=1/day", "concurrency=1"])
        let message = try place.chat()
        #expect(message.status == 200 && message.body == Array(Self.answer.utf8))
        let rows = try await place.server.ledger(2).sorted { $0.target.number < $1.target.number }
        #expect(rows.map(\.target.number) == [1, 2])
        #expect(rows.map(\.outcome) == ["failed", "completed"])
        #expect(rows.map(\.charge.requests) == [1, 0])
        #expect(rows.map(\.accuracy) == [.estimated, .exact])
        #expect(rows[0].target.upstream == "127.0.0.1:\(first.port)" && rows[0].charge.tokens > 100)
        #expect(rows.allSatisfy { $0.durationNanoseconds > 0 })
        #expect(place.server.metric("latchkey_requests_total") == 1)
        #expect(place.server.metric("latchkey_upstream_failures_total", "upstream_reset") == 1)
        // To each its own key, and to both the same body.
        let one = String(decoding: first.received, as: UTF8.self)
        let two = String(decoding: place.second.received, as: UTF8.self)
        #expect(one.hasSuffix(Self.body) && two.hasSuffix(Self.body))
        #expect(
            one.contains("Bearer \(Latchkey.upstreamKey)\r\n")
                && two.contains(
                    "Bearer "
                        + "sk-canary-Second/Key\r\n")
        )
        #expect(!two.contains(Latchkey.upstreamKey))
        #expect(try place.chat().status == 429, "the one request is used")
        await place.server.stop()
    }

    @Test func `a target that refuses the key is followed by the next, and told of`() async throws {
        let first = try ScriptedUpstream.answering(Self.whole("{}", status: "401 Unauthorized"))
        let place = try await place(first.port)
        #expect(try place.chat().status == 200)
        let rows = try await place.server.ledger(2).sorted { $0.target.number < $1.target.number }
        #expect(rows.map(\.status) == [401, 200] && rows.map(\.charge.tokens) == [0, 8])
        #expect(place.server.metric("latchkey_upstream_failures_total", "upstream_credential_rejected") == 1)
        await place.server.stop()
    }

    @Test func `the model has the name that it has at the target`() async throws {
        let first = try Self.dying()
        let place = try await place(first.port, model: "other/\"m\"")
        #expect(try place.chat().status == 200)
        #expect(String(decoding: first.received, as: UTF8.self).hasSuffix(Self.body))
        let expected = Self.body.replacingOccurrences(of: #""model":"m""#, with: #""model":"other/\"m\"""#)
        let sent = String(decoding: place.second.received, as: UTF8.self)
        #expect(sent.hasSuffix("\r\n\r\n" + expected))
        #expect(sent.contains("Content-Length: \(expected.utf8.count)\r\n"))
        await place.server.stop()
    }

    @Test func `a request without a body is tried again; one that is streamed is not`() async throws {
        let first = try Self.dying()
        let place = try await place(first.port)
        #expect(try place.ask(request("GET", "/v1/responses/resp_1", place.access)).status == 200)
        let count = place.second.connections.count
        let upload = "Content-Type: text/plain\r\nContent-Length: 3\r\n"
        let message = try place.ask(request("POST", "/v1/files", place.access, upload) + "abc")
        #expect(message.status == 502)
        #expect(message["x-latchkey-error"] == "upstream_reset")
        #expect(place.second.connections.count == count)
        await place.server.stop()
    }

    @Test func `a target without a key is passed over`() async throws {
        let first = try Self.dying()
        let place = try await place(first.port, hasKey: false)
        #expect(try place.chat().status == 200)
        #expect(first.connections.isEmpty)
        #expect(try await place.server.ledger(1).map(\.target.number) == [1])
        await place.server.stop()
    }

    @Test func `a list of models that breaks off is not put together with another`() async throws {
        let first = try ScriptedUpstream { connection in
            _ = try connection.readMessage(within: 10000)
            try connection.send(
                "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 50\r\n\r\n{\"data\"")
        }
        let place = try await place(first.port, models: "gpt-*")
        let message = try place.ask(request("GET", "/v1/models", place.access))
        #expect(message.status == 502 && place.second.connections.isEmpty)
        await place.server.stop()
    }

    @Test func `once a byte was relayed nothing else is tried`() async throws {
        let first = try ScriptedUpstream { connection in
            _ = try connection.readMessage(within: 10000)
            try connection.send(
                "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 50\r\n\r\n{")
        }
        let place = try await place(first.port)
        let client = try place.server.connect()
        try client.send(request("POST", "/v1/chat/completions", place.access, json: Self.body))
        _ = try client.readToEnd(within: 10000)
        #expect(client.text.hasPrefix("HTTP/1.1 200 ") && client.text.hasSuffix("{"))
        #expect(place.second.connections.isEmpty)
        #expect(try await place.server.ledger(1).map(\.target.number) == [1])
        await place.server.stop()
    }

    @Test func `an attempt that does not fit into a quota is not made`() async throws {
        let first = try Self.dying()
        // Holds one attempt: the first one is charged what it may have come to.
        let place = try await place(first.port, limits: ["tokens=350/day"])
        let message = try place.chat()
        #expect(message.status == 502)
        #expect(message["x-latchkey-error"] == "upstream_reset")
        #expect(place.second.connections.isEmpty)
        let rows = try await place.server.ledger(1)
        #expect(rows.count == 1 && rows[0].charge.requests == 1)
        #expect(place.server.metric("latchkey_upstream_attempts_total") == 1)
        #expect(place.server.metric("latchkey_upstream_failures_total") == 1)
        await place.server.stop()
    }

    @Test func `a token that is revoked between two attempts gets no second one`() async throws {
        let (arrived, ended) = (Door(), Door())
        let first = try ScriptedUpstream { connection in
            _ = try connection.readMessage(within: 10000)
            arrived.open()
            _ = try? connection.readToEnd(within: 10000)
            ended.open()
        }
        let place = try await place(first.port)
        let client = try place.server.connect()
        try client.send(request("POST", "/v1/chat/completions", place.access, json: Self.body))
        #expect(arrived.pass())
        try await place.server.revoke(place.access)
        #expect(ended.pass())
        #expect(try client.readMessage(within: 10000).status == 401)
        #expect(place.second.connections.isEmpty)
        await place.server.stop()
    }
}
