import Testing

@testable import App

/// What an upstream says is relayed as it says it, however odd.
@Suite(.serialized) @EndToEnd struct UpstreamAnswerTests {
    private static let own = ["x-latchkey-request-id", "content-length", "connection"]

    @Test(arguments: ["20", "Fri, 31 Dec 1999 23:59:59 GMT", "soon, perhaps", "-1", ""])
    func `a 429 keeps its retry-after`(_ value: String) async throws {
        let upstream = try ScriptedUpstream.answering(
            "HTTP/1.1 429 Too Many Requests\r\nRetry-After: \(value)\r\nContent-Length: 2\r\n\r\n{}")
        let server = try await Latchkey()
        let answer = try server.ask(
            request("POST", "/v1/chat/x", try await server.access(to: upstream), json: "{}"))
        #expect(answer.status == 429 && answer.text == "{}" && answer["retry-after"] == value)
        #expect(answer["x-latchkey-error"] == nil && answer["retry-after-ms"] == nil)
        #expect(upstream.connections.flatMap(\.received).count > 0 && upstream.connections.count == 1)
        await server.stop()
    }

    @Test func `as many headers as there may be pass in their order, and not one more`() async throws {
        let fields = (0..<199).map { "X-Field-\($0): value \($0)" }
        let upstream = try ScriptedUpstream.answering(
            "HTTP/1.1 200 OK\r\n\(fields.joined(separator: "\r\n"))\r\nContent-Length: 2\r\n\r\n{}")
        let server = try await Latchkey()
        let answer = try server.ask(request("GET", "/v1/models", try await server.access(to: upstream)))
        #expect(answer.status == 200 && answer.text == "{}")
        #expect(answer.without(Self.own).map { "\($0.name): \($0.value)" } == fields)
        let other = try ScriptedUpstream.answering(
            "HTTP/1.1 200 OK\r\n\(fields.joined(separator: "\r\n"))\r\nX-More: 1\r\nContent-Length: "
                + "2\r\n\r\n{}"
        )
        let refused = try server.ask(
            request(
                "GET", "/v1/models",
                try await server.access(toURL: "http://127.0.0.1:\(other.port)", project: "other")))
        #expect(refused.status == 502 && refused["x-latchkey-error"] == "upstream_protocol")
        await server.stop()
    }

    private static let latin = Array("X-Name: caf".utf8) + [0xE9, 0x20, 0xA9, 0x0D, 0x0A]
    private static let unicode = Array("X-Title: \u{30C6}\u{30B9}\u{30C8} \u{1F511}\r\n".utf8)

    @Test func `header values that are no ASCII come back byte for byte`() async throws {
        let head = Array("HTTP/1.1 200 OK\r\n".utf8) + Self.latin + Self.unicode
        let upstream = try ScriptedUpstream { connection in
            _ = try connection.readMessage()
            try connection.send(head + Array("Content-Length: 2\r\n\r\n{}".utf8))
        }
        let server = try await Latchkey()
        let client = try server.connect()
        try client.send(request("GET", "/v1/models", try await server.access(to: upstream)))
        #expect(try client.readMessage().status == 200)
        #expect(client.received.firstRange(of: Self.latin) != nil)
        #expect(client.received.firstRange(of: Self.unicode) != nil)
        await server.stop()
    }

    @Test func `header values that are no ASCII go out byte for byte`() async throws {
        let upstream = try ScriptedUpstream.answering(ScriptedUpstream.ok)
        let server = try await Latchkey()
        let client = try server.connect()
        let access = try await server.access(to: upstream)
        let head = "GET /v1/models HTTP/1.1\r\nHost: proxy.test\r\n\(access.authorization)"
        try client.send(Array(head.utf8) + Self.latin + Self.unicode + [0x0D, 0x0A])
        #expect(try client.readMessage().status == 200)
        #expect(upstream.received.firstRange(of: Self.unicode) != nil)
        #expect(upstream.received.firstRange(of: Self.latin) != nil)
        await server.stop()
    }

    @Test(
        arguments: [
            ("text/event-stream", "data: {\"choices\":[]}\n\n"), ("application/json", "{\"choices\":["),
        ])
    func `an answer that only the close ends, and that is not whole, is seen as cut off`(
        _ type: String, _ begun: String
    ) async throws {
        let upstream = try ScriptedUpstream { connection in
            _ = try connection.readMessage()
            try connection.send("HTTP/1.1 200 OK\r\nContent-Type: \(type)\r\n\r\n" + begun)
        }
        let server = try await Latchkey()
        let answer = try server.ask(
            request("POST", "/v1/chat/completions", try await server.access(to: upstream), json: "{}"))
        #expect(answer.status == 200 && !answer.isComplete)
        await server.stop()
    }
}
