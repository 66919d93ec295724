import Domain
import Storage
import Testing

@testable import App

/// What is dispatched is charged, once, as what it came to; what is refused is not, and nobody hears of it.
@Suite(.serialized) @EndToEnd struct AccountingTests {
    private static let usage = #""usage":{"prompt_tokens":3,"completion_tokens":4,"total_tokens":7}"#
    private static let chat = #"{"model":"gpt-4.1","messages":[],"max_tokens":9}"#

    private static func answer(_ body: String, type: String = "application/json") -> String {
        "HTTP/1.1 200 OK\r\nContent-Type: \(type)\r\nX-Request-Id: req_up\r\n"
            + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
    }

    @Test func `an answer's usage is a row of the ledger`() async throws {
        let upstream = try ScriptedUpstream.answering(
            Self.answer(#"{"model":"gpt-4.1-2025-04-14",\#(Self.usage)}"#))
        let server = try await Latchkey()
        let access = try await server.access(to: upstream)
        #expect(
            try server.ask(request("POST", "/v1/chat/completions", access, json: Self.chat)).status == 200)
        let rows = try await server.ledger(1)
        let row = try #require(rows.first)
        #expect(rows.count == 1)
        #expect(row.accessToken == access.id && row.status == 200 && row.outcome == "completed")
        #expect(row.usage == Usage(prompt: 3, completion: 4) && row.accuracy == .exact)
        // 3 x 2.00 and 4 x 8.00 dollars per million.
        #expect(row.charge == Charge(requests: 1, tokens: 7, cost: Money(nanoUSD: 38_000)))
        #expect(row.modelAsked?.rawValue == "gpt-4.1")
        #expect(row.modelAnswered?.rawValue == "gpt-4.1-2025-04-14")
        #expect(row.upstreamRequestID?.rawValue == "req_up" && row.client == .loopback)
        await server.stop()
    }

    @Test(arguments: [
        ("odd-model", "odd-model", 200, true), ("odd-model", "gpt-4.1", 200, false),
        ("gpt-4.1", "odd-model", 200, false), ("odd-model", "odd-model", 400, false),
    ])
    func `what is used without a price is marked so`(
        _ asked: String, _ answered: String, _ status: Int, _ isUnpriced: Bool
    ) async throws {
        let body = #"{"model":"\#(answered)",\#(Self.usage)}"#
        let upstream = try ScriptedUpstream.answering(
            "HTTP/1.1 \(status) Said\r\nContent-Type: application/json\r\n"
                + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)")
        let server = try await Latchkey()
        let access = try await server.access(to: upstream)
        let json = #"{"model":"\#(asked)","messages":[],"max_tokens":9}"#
        #expect(
            try server.ask(request("POST", "/v1/chat/completions", access, json: json)).status == status)
        let row = try #require(try await server.ledger(1).first)
        #expect(
            (row.priceVersion == 0) == isUnpriced
                && (row.charge.cost == .zero) == (isUnpriced || status == 400))
        await server.stop()
    }

    @Test func `a stream is asked for its usage, and what that adds is taken out`() async throws {
        let chunk = #"data: {"choices":[{"delta":{"content":"a"}}],"usage":null}"# + "\n\n"
        let added = #"data: {"choices":[],\#(Self.usage)}"# + "\n\n"
        let upstream = try ScriptedUpstream.answering(
            Self.answer(chunk + added + "data: [DONE]\n\n", type: "text/event-stream"))
        let server = try await Latchkey()
        let access = try await server.access(to: upstream)
        let body = #"{"model":"gpt-4.1","stream":true}"#
        let answer = try server.ask(request("POST", "/v1/chat/completions", access, json: body))
        #expect(answer.text == chunk + "data: [DONE]\n\n" && answer.isComplete)
        let sent = String(decoding: upstream.received, as: UTF8.self)
        #expect(sent.contains(#"{"stream_options":{"include_usage":true},"model":"gpt-4.1","stream":true}"#))
        #expect(try await server.ledger(1).map(\.usage) == [Usage(prompt: 3, completion: 4)])
        await server.stop()
    }

    @Test(arguments: ["application/json", "text/plain", "application/octet-stream"])
    func `a stream that is not labelled as one loses what was added all the same`(type: String) async throws {
        let chunk = #"data: {"choices":[{"delta":{"content":"a"}}],"usage":null}"# + "\n\n"
        let added = #"data: {"choices":[],\#(Self.usage)}"# + "\n\n"
        let upstream = try ScriptedUpstream.answering(
            Self.answer(chunk + added + "data: [DONE]\n\n", type: type))
        let server = try await Latchkey()
        let access = try await server.access(to: upstream)
        let body = #"{"model":"gpt-4.1","stream":true}"#
        let answer = try server.ask(request("POST", "/v1/chat/completions", access, json: body))
        #expect(answer.text == chunk + "data: [DONE]\n\n" && answer.isComplete)
        #expect(try await server.ledger(1).map(\.usage) == [Usage(prompt: 3, completion: 4)])
        await server.stop()
    }

    @Test(arguments: ["application/json", "text/event-stream", "text/plain"])
    func `JSON that answers the question for a stream passes as it came`(type: String) async throws {
        let text = #"{"choices":[{"message":{"content":"a"},"finish_reason":"stop"}],\#(Self.usage)}"#
        let upstream = try ScriptedUpstream.answering(Self.answer(text, type: type))
        let server = try await Latchkey()
        let access = try await server.access(to: upstream)
        let body = #"{"model":"gpt-4.1","stream":true}"#
        let answer = try server.ask(request("POST", "/v1/chat/completions", access, json: body))
        #expect(answer.text == text && answer.isComplete)
        let row = try #require(try await server.ledger(1).first)
        #expect(row.usage == Usage(prompt: 3, completion: 4) && row.accuracy == .exact)
        await server.stop()
    }

    @Test func `the tier that served a request decides its price`() async throws {
        for (asked, served, nanoUSD) in [
            ("priority", "default", 10_000), ("default", "priority", 17_500),
        ] as [(String, String, Int64)] {
            let usage = #""usage":{"prompt_tokens":1,"completion_tokens":1,"total_tokens":2}"#
            let upstream = try ScriptedUpstream.answering(
                Self.answer(#"{"model":"o3","service_tier":"\#(served)",\#(usage)}"#))
            let server = try await Latchkey()
            let access = try await server.access(to: upstream)
            let body = #"{"model":"o3","messages":[],"service_tier":"\#(asked)"}"#
            _ = try server.ask(request("POST", "/v1/chat/completions", access, json: body))
            let row = try #require(try await server.ledger(1).first)
            #expect(row.charge.cost == Money(nanoUSD: nanoUSD) && row.accuracy == .exact)
            await server.stop()
        }
    }

    @Test func `what cannot be read is an estimate, not nothing`() async throws {
        let gzip = "\u{1F}\u{0B}\u{08}" + #"{"choices":[],\#(Self.usage)}"#
        for type in [
            "application/json", "text/event-stream", "text/plain",
            "application/json\r\nContent-Encoding: gzip", "text/event-stream\r\nContent-Encoding: br",
        ] {
            let upstream = try ScriptedUpstream.answering(Self.answer(gzip, type: type))
            let server = try await Latchkey()
            let access = try await server.access(to: upstream)
            let answer = try server.ask(request("POST", "/v1/chat/completions", access, json: Self.chat))
            #expect(answer.text == gzip)
            let row = try #require(try await server.ledger(1).first)
            #expect(row.accuracy == .estimated && row.usage.completion == 9)
            await server.stop()
        }
    }

    @Test(arguments: [
        #"{"choices":[{"message":{"content":"text"}}],"usage":{"prompt_tokens":0,"completion_tokens":0,"#
            + #""total_tokens":0}}"#,
        #"{"choices":[{"message":{"content":"text"}}],"usage":{"prompt_tokens":9,"completion_tokens":0,"#
            + #""total_tokens":9}}"#,
    ])
    func `usage of nothing beside text fills a budget all the same`(text: String) async throws {
        let upstream = try ScriptedUpstream.answering(Self.answer(text))
        let server = try await Latchkey()
        let access = try await server.access(to: upstream, limits: ["tokens=10000/day"])
        _ = try server.ask(request("POST", "/v1/chat/completions", access, json: Self.chat))
        let row = try #require(try await server.ledger(1).first)
        #expect(row.accuracy == .estimated && row.usage.completion > 0 && row.usage.prompt > 0)
        await server.stop()
    }

    @Test func `a spent quota refuses before anyone is contacted, and leaves no row`() async throws {
        let upstream = try ScriptedUpstream.answering(Self.answer("{\(Self.usage)}"))
        let server = try await Latchkey()
        let access = try await server.access(to: upstream, limits: ["requests=1/lifetime"])
        let first = try server.ask(request("POST", "/v1/chat/completions", access, json: Self.chat))
        #expect(first.status == 200 && first["ratelimit"]?.contains(";r=0") == true)
        let seen = upstream.received.count
        let second = try server.ask(request("POST", "/v1/chat/completions", access, json: Self.chat))
        #expect(second.status == 429 && second["x-should-retry"] == "false")
        #expect(second["x-latchkey-error"] == "quota_spent" && second.text.contains("insufficient_quota"))
        #expect(second.text.contains("requests=1/lifetime") && upstream.received.count == seen)
        #expect(try await server.ledger(1).count == 1)
        await server.stop()
    }

    @Test func `a model that was not granted is refused, in JSON and in a form`() async throws {
        let upstream = try ScriptedUpstream.answering(Self.answer("{\(Self.usage)}"))
        let server = try await Latchkey()
        let pattern = try #require(ModelPattern("whisper-*"))
        let access = try await server.access(to: upstream, grants: [.models([pattern])])
        func form(_ model: String) -> String {
            let body =
                "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.mp3\"\r\n\r\nsound\r\n"
                + "--b\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\n\(model)\r\n--b--\r\n"
            return request(
                "POST", "/v1/audio/transcriptions", access,
                "Content-Type: multipart/form-data; boundary=b\r\nContent-Length: \(body.utf8.count)\r\n")
                + body
        }
        let refused = try server.ask(request("POST", "/v1/chat/completions", access, json: Self.chat))
        #expect(refused.status == 403 && refused.text.contains("model_not_found"))
        #expect(try server.ask(form("gpt-4.1")).status == 403)
        #expect(try server.ask(request("POST", "/v1/responses", access, json: "{}")).status == 403)
        #expect(upstream.received.isEmpty)
        #expect(try server.ask(form("whisper-1")).status == 200)
        #expect(try await server.ledger(1).map { $0.modelAsked?.rawValue } == ["whisper-1"])
        await server.stop()
    }

    @Test func `an upstream's error is a request without tokens`() async throws {
        let upstream = try ScriptedUpstream.answering(
            "HTTP/1.1 429 Too Many Requests\r\nContent-Length: 2\r\n\r\n{}")
        let server = try await Latchkey()
        let access = try await server.access(to: upstream, limits: ["tokens=100000/day"])
        #expect(
            try server.ask(request("POST", "/v1/chat/completions", access, json: Self.chat)).status == 429)
        let row = try #require(try await server.ledger(1).first)
        #expect(row.status == 429 && row.charge == Charge(requests: 1, tokens: 0, cost: .zero))
        #expect(row.accuracy == .exact)
        await server.stop()
    }

    @Test func `what nobody could be asked costs nothing`() async throws {
        let server = try await Latchkey()
        // A port that was free a moment ago.
        let port = try ScriptedUpstream.answering("").port
        let access = try await server.issue(for: server.project(at: port), limits: ["requests=5/lifetime"])
        #expect(
            try server.ask(request("POST", "/v1/chat/completions", access, json: Self.chat)).status == 502)
        #expect(try await server.store.ledgerRows(limit: 10).items.isEmpty)
        #expect(server.metric("latchkey_journal_slots_in_use") == 0)
        await server.stop()
    }
}
