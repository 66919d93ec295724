import Domain
import Testing

/// A maximum that is written into a request, and answers that never say what they used, over real sockets.
@Suite(.serialized) @EndToEnd struct UntoldUsageTests {
    private static let usage = #""usage":{"prompt_tokens":3,"completion_tokens":4,"total_tokens":7}"#

    private static func answer(_ body: String) -> String {
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nX-Latchkey-Output-Limit: 7\r\n"
            + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
    }

    @Test func `a maximum that fits is written into the request and told in the answer`() async throws {
        let upstream = try ScriptedUpstream.answering(Self.answer("{\(Self.usage)}"))
        let server = try await Latchkey()
        let access = try await server.access(to: upstream, limits: ["tokens=20000/day"])
        let body = #"{"model":"gpt-5","messages":[],"stream":false}"#
        let half = (20_000 - Int64(body.utf8.count) - 64) / 2

        let answer = try server.ask(request("POST", "/v1/chat/completions", access, json: body))

        #expect(answer.status == 200 && answer["x-latchkey-output-limit"] == "\(half)")
        let sent = String(decoding: upstream.received, as: UTF8.self)
        #expect(sent.contains("{\"max_completion_tokens\":\(half)," + body.dropFirst()))
        let length = body.utf8.count + "\"max_completion_tokens\":\(half),".utf8.count
        #expect(sent.lowercased().contains("content-length: \(length)\r\n"))
        let named = try server.ask(
            request("POST", "/v1/chat/completions", access, json: #"{"model":"gpt-5","max_tokens":9}"#))
        #expect(named.status == 200 && named["x-latchkey-output-limit"] == nil)
        #expect(try await server.ledger(2).allSatisfy { $0.charge.tokens == 7 })
        await server.stop()
    }

    @Test func `a refusal that can never pass names the key and the number`() async throws {
        let upstream = try ScriptedUpstream.answering(Self.answer("{\(Self.usage)}"))
        let server = try await Latchkey()
        let access = try await server.access(to: upstream, limits: ["tokens=20000/day"])
        let body = #"{"model":"gpt-5","max_output_tokens":90000,"input":"a"}"#
        let refused = try server.ask(request("POST", "/v1/responses", access, json: body))
        let most = 20_000 - body.utf8.count - 64
        #expect(refused.status == 429 && refused["x-should-retry"] == "false")
        #expect(refused.text.contains("can never pass. Set 'max_output_tokens' to at most \(most)."))
        #expect(upstream.received.isEmpty)
        await server.stop()
    }

    @Test(arguments: ["", #"{"choices":["#])
    func `an answer that is cut is charged by its time`(seen: String) async throws {
        let upstream = try ScriptedUpstream { connection in
            _ = try connection.readMessage()
            try connection.send(
                "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 900\r\n\r\n\(seen)")
        }
        let server = try await Latchkey(["LATCHKEY_UNTOLD_TOKENS_PER_SECOND": "500"])
        let access = try await server.access(to: upstream, limits: ["tokens=200000/day"])
        let body = #"{"model":"gpt-4.1","messages":[]}"#
        _ = try? server.ask(request("POST", "/v1/chat/completions", access, json: body))
        let row = try #require(try await server.ledger(1).first)
        #expect(row.usage.prompt == Int64(body.utf8.count) + 64 && row.accuracy == .estimated)
        // A second, and what the exchange took of others.
        #expect(row.usage.completion >= 500 && row.usage.completion < 500 * 12)
        await server.stop()
    }
}
