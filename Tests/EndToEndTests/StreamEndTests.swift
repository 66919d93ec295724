import Admin
import Domain
import Foundation
import Storage
import Testing

/// A stream that is cut off says why, where there is a place for it; and never ends as if it were whole.
@Suite(.serialized) @EndToEnd struct StreamEndTests {
    nonisolated private static let events = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
    nonisolated private static let chunked = events + "Transfer-Encoding: chunked\r\n\r\n"
    nonisolated private static let delta = #"data: {"choices":[{"delta":{"content":"a"}}]}"#

    /// One chunk.
    nonisolated private static func chunk(_ text: String) -> String {
        "\(String(text.utf8.count, radix: 16))\r\n\(text)\r\n"
    }

    /// The error that the stream's last event holds; nil without one.
    private func error(in body: String) throws -> [String: Any]? {
        guard body.hasSuffix("\n\n"), let start = body.range(of: "data: {", options: .backwards) else {
            return nil
        }
        let json = try JSONSerialization.jsonObject(with: Data(body[start.lowerBound...].dropFirst(6).utf8))
        return (json as? [String: Any])?["error"] as? [String: Any]
    }

    /// Reads a chunked body that is cut off.
    private func cutBody(_ client: RawSocket, within milliseconds: Int32 = 5000) throws -> String {
        #expect(try client.readToEnd(within: milliseconds) == .closed)
        #expect(!client.text.contains("\r\n0\r\n"))
        // Without the lines of the chunks.
        let rest = client.text.components(separatedBy: "\r\n\r\n").dropFirst().joined(separator: "\r\n\r\n")
        return rest.components(separatedBy: "\r\n").enumerated().filter { $0.offset % 2 == 1 }.map(\.element)
            .joined()
    }

    enum Ending: CaseIterable { case truncated, reset, stalled, revoked, disabled, stopped }

    @Test(arguments: Ending.allCases)
    func `each way of cutting a stream is told in a last event`(_ ending: Ending) async throws {
        let go = Door()
        let upstream = try ScriptedUpstream { connection in
            _ = try connection.readMessage()
            try connection.send(Self.chunked + Self.chunk(Self.delta + "\n\n"))
            go.pass(within: 20)
            if ending == .reset { connection.reset() }
        }
        let server = try await Latchkey([
            "LATCHKEY_UPSTREAM_IDLE_TIMEOUT": ending == .stalled ? "1s" : "60s",
            "LATCHKEY_DRAIN_TIMEOUT": "1s",
        ])
        let project = try await server.project(at: upstream.port)
        let access = try await server.issue(for: project)
        let client = try server.connect()
        try client.send(request("POST", "/v1/chat/completions", access, json: #"{"stream":true}"#))
        try client.read(upTo: Self.delta + "\n\n")
        switch ending {
        case .truncated, .reset: go.open()
        case .stalled: break
        case .revoked: try await server.revoke(access)
        case .disabled:
            _ = try await server.control.updateProject(
                project.id, ProjectChange(state: .disabled), by: .console)
        case .stopped: await server.drain()
        }

        let body = try cutBody(client)
        let told = try #require(try error(in: body))
        let (type, code) =
            switch ending {
            case .truncated, .reset: ("server_error", "upstream_unavailable")
            case .stalled: ("server_error", "upstream_timeout")
            case .revoked: ("invalid_request_error", "invalid_api_key")
            case .disabled: ("invalid_request_error", "insufficient_permissions")
            case .stopped: ("server_error", "overloaded")
            }
        #expect(body.hasPrefix(Self.delta + "\n\ndata: {\"error\":{\"message\":"))
        #expect(told["type"] as? String == type && told["code"] as? String == code)
        #expect(Set(told.keys) == ["message", "type", "param", "code"])
        #expect(await server.isIdle())
        go.open()
        await server.stop()
    }

    @Test func `a stream of a response is told in its own grammar`() async throws {
        let event = "event: response.created\r\ndata: {\"type\":\"response.created\"}\r\n\r\n"
        let upstream = try ScriptedUpstream { connection in
            _ = try connection.readMessage()
            try connection.send(Self.chunked + Self.chunk(event + ": ping\r\n\r\n") + Self.chunk(event))
        }
        let server = try await Latchkey()
        let access = try await server.access(to: upstream)
        let client = try server.connect()
        try client.send(request("POST", "/v1/responses", access, json: #"{"stream":true}"#))
        #expect(try client.readToEnd() == .closed)
        let last = client.text.components(separatedBy: "event: error\ndata: ").last ?? ""
        let json = try #require(
            try JSONSerialization.jsonObject(with: Data(last.split(separator: "\n")[0].utf8))
                as? [String: Any])
        #expect(json["type"] as? String == "error" && json["sequence_number"] as? Int == 2)
        #expect((json["error"] as? [String: Any])?["code"] as? String == "upstream_unavailable")
        await server.stop()
    }

    /// Heads and what follows them, where nothing may be added.
    nonisolated private static let silent: [(String, String)] = [
        (chunked, chunk(delta + "\n")), (chunked, chunk(delta + "\n\n: pi")),
        (chunked, chunk(delta + "\n\ndata: [DONE]\n\n")), (chunked, chunk("data: {\"error\":{}}\n\n")),
        (events + "Content-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n", chunk(delta + "\n\n")),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", chunk(delta + "\n\n")),
        // The client counts the bytes.
        (events + "Content-Length: 5000\r\n\r\n", delta + "\n\n"),
    ]

    @Test(arguments: silent)
    func `where there is no place for an event it is only cut`(_ head: String, _ body: String) async throws {
        let door = Door()
        let upstream = try ScriptedUpstream { connection in
            _ = try connection.readMessage()
            try connection.send(head + body)
            door.pass()
        }
        let server = try await Latchkey()
        let access = try await server.access(to: upstream)
        let client = try server.connect()
        // Usage is asked for by the client, so nothing is held back.
        try client.send(
            request(
                "POST", "/v1/chat/completions", access,
                json: #"{"stream":true,"stream_options":{"include_usage":true}}"#))
        let seen = body.split(separator: "\r\n").last.map(String.init) ?? ""
        try client.read(upTo: seen)
        let before = client.received.count
        door.open()
        #expect(try client.readToEnd() == .closed)
        #expect(client.received.count == before || client.text.hasSuffix(seen + "\r\n"))
        #expect(!client.text.contains("upstream_unavailable") && !client.text.contains("\r\n0\r\n"))
        await server.stop()
    }

    /// Of an event that is held back the client has seen nothing.
    @Test func `an event that is cut off before it was sent is replaced`() async throws {
        let upstream = try ScriptedUpstream { connection in
            _ = try connection.readMessage()
            try connection.send(Self.chunked + Self.chunk(Self.delta + "\n\ndata: {\"id\":\"x\",\"cho"))
        }
        let server = try await Latchkey()
        let access = try await server.access(to: upstream)
        let client = try server.connect()
        try client.send(request("POST", "/v1/chat/completions", access, json: #"{"stream":true}"#))
        let body = try cutBody(client)
        #expect(body.hasPrefix(Self.delta + "\n\ndata: {\"error\":") && !body.contains("\"id\""))
        await server.stop()
    }

    /// Whether it reads at last: else the server, which is told to stop then, waits for it no longer than it
    /// must.
    @Test(arguments: [true, false])
    func `a client that reads late gets the event, and one that does not keeps no server`(_ reads: Bool)
        async throws
    {
        let full = Door()
        let upstream = try ScriptedUpstream { connection in
            _ = try connection.readMessage()
            try connection.send(Self.chunked + Self.chunk(Self.delta + "\n\n"))
            // Wherever it is cut off, an event has just ended.
            let lines = Array(Self.chunk(String(repeating: "\n", count: 65536)).utf8)
            while try connection.sendAsMuchAsFits(lines, patience: 300) == lines.count {}
            full.open()
            _ = try connection.readToEnd(within: 20_000)
        }
        let server = try await Latchkey()
        let access = try await server.access(to: upstream)
        let client = try server.connect()
        try client.send(request("POST", "/v1/chat/completions", access, json: #"{"stream":true}"#))
        #expect(full.pass(within: 20))
        try await server.revoke(access)
        #expect(await server.isIdle())
        if reads {
            #expect(try client.readToEnd() == .closed)
            #expect(client.text.hasSuffix("\"code\":\"invalid_api_key\"}}\n\n\r\n"))
        }
        let began = ContinuousClock.now
        await server.stop()
        // The client may take nothing for a minute.
        #expect(ContinuousClock.now - began < .seconds(20))
    }

    @Test func `for HTTP 1_0 the event comes before the reset`() async throws {
        let door = Door()
        let upstream = try ScriptedUpstream { connection in
            _ = try connection.readMessage()
            try connection.send(Self.chunked + Self.chunk(Self.delta + "\n\n"))
            door.pass()
        }
        let server = try await Latchkey()
        let access = try await server.access(to: upstream)
        let client = try server.connect()
        try client.send("GET /v1/chat/completions HTTP/1.0\r\n\(access.authorization)\r\n")
        try client.read(upTo: Self.delta + "\n\n")
        door.open()
        try client.read(upTo: "\"upstream_unavailable\"}}\n\n")
        #expect(try client.readToEnd() == .reset)
        await server.stop()
    }
}
