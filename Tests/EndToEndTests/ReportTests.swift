import Foundation
import Testing

/// What was used can be asked for afterwards, over the same port: by operators, and by the holder.
@Suite @EndToEnd struct ReportTests {
    private nonisolated static let answer =
        #"{"id":"x","object":"chat.completion","model":"gpt-4.1-2025-04-14","choices":[],"#
        + #""usage":{"prompt_tokens":1000,"completion_tokens":500,"total_tokens":1500}}"#

    private func ask(
        _ server: Latchkey, _ method: String, _ target: String, as credential: String, json: String? = nil
    ) throws -> RawMessage {
        let client = try server.connect()
        defer { client.close() }
        try client.send(
            request(method, target, nil, "Authorization: Bearer \(credential)\r\n", json: json))
        return try client.readMessage()
    }

    /// Asks until so many requests are written down, for which there are five seconds.
    private func usage(
        _ server: Latchkey, _ query: String, until requests: Int
    ) async throws -> [String: Any] {
        let deadline = ContinuousClock.now + .seconds(5)
        while true {
            let answer = try ask(
                server, "GET", "/manage/usage?group_by=model,token" + query, as: server.managementKey)
            #expect(answer.status == 200)
            let report = try JSONSerialization.jsonObject(with: Data(answer.body)) as? [String: Any] ?? [:]
            let total = report["total"] as? [String: Any] ?? [:]
            if total["requests"] as? Int == requests || ContinuousClock.now > deadline { return report }
            await Task.yield()
        }
    }

    @Test func `a request is in the report at the price that held, and looking is none`() async throws {
        let upstream = try ScriptedUpstream { connection in
            while true {
                _ = try connection.readMessage(within: 60000)
                try connection.send(
                    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                        + "Content-Length: \(Self.answer.utf8.count)\r\n\r\n\(Self.answer)")
            }
        }
        let server = try await Latchkey()
        let access = try await server.access(to: upstream)
        let body = #"{"model":"gpt-4.1","messages":[]}"#
        #expect(try ask(server, "POST", "/v1/chat/completions", as: access.text, json: body).status == 200)
        let price = #"{"prompt":"100.00","completion":"200.00"}"#
        #expect(
            try ask(server, "PUT", "/manage/prices/gpt-4.1", as: server.managementKey, json: price).status
                == 200)
        #expect(try ask(server, "POST", "/v1/chat/completions", as: access.text, json: body).status == 200)

        let me = try ask(server, "GET", "/me", as: access.text)
        #expect(me.status == 200)
        #expect(me.text.contains(#""id":"\#(access.id)""#))
        #expect(try ask(server, "GET", "/me", as: server.managementKey).status == 401)
        #expect(try ask(server, "GET", "/manage/usage", as: access.text).status == 401)

        let report = try await usage(server, "&token=\(access.id)", until: 2)
        let rows = report["rows"] as? [[String: Any]] ?? []
        #expect(rows.count == 1)
        #expect(rows.first?["model"] as? String == "gpt-4.1")
        #expect(rows.first?["token_name"] as? String == "bob")
        #expect(rows.first?["prompt_tokens"] as? Int == 2000)
        #expect(rows.first?["completion_tokens"] as? Int == 1000)
        #expect(rows.first?["estimated_requests"] as? Int == 0)
        // Once 2 and 8 dollars a million, once 100 and 200.
        #expect(rows.first?["cost_usd"] as? String == "0.206")
        await server.stop()
    }
}
