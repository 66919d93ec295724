import Domain
import Testing

/// What web pages of other origins may do: nothing, until the settings name them.
@Suite(.serialized) @EndToEnd struct CrossOriginTests {
    private static let app = "https://app.example.com"

    private func ask(_ server: Latchkey, _ text: String) throws -> RawMessage {
        let client = try server.connect()
        try client.send(text)
        return try client.readMessage()
    }

    private func preflight(_ target: String, from origin: String = app) -> String {
        request(
            "OPTIONS", target, nil,
            "Origin: \(origin)\r\nAccess-Control-Request-Method: POST\r\n"
                + "Access-Control-Request-Headers: authorization,content-type,x-stainless-os\r\n")
    }

    private func names(_ answer: RawMessage) -> [String] {
        answer.fields.map { $0.name.lowercased() }.filter { $0.hasPrefix("access-control-") }
    }

    /// An answer that speaks of its own origins.
    nonisolated private static let upstreams =
        "HTTP/1.1 200 OK\r\nAccess-Control-Allow-Origin: *\r\nAccess-Control-Allow-Credentials: true\r\n"
        + "access-control-expose-headers: x-a\r\nX-A: b\r\nVary: Accept\r\n"

    @Test func `an allowed origin may ask, send and read, and another may not`() async throws {
        let upstream = try ScriptedUpstream.answering(
            Self.upstreams + "Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}")
        let server = try await Latchkey(["LATCHKEY_CORS_ORIGINS": "\(Self.app),http://localhost:3000"])
        let access = try await server.access(to: upstream)
        for target in [
            "/v1/chat/completions", "/chat/completions", "/v1/models/org%2Fa", "/models/org%2Fa", "/me",
            "/me/explain",
        ] {
            let answer = try ask(server, preflight(target))
            #expect(answer.status == 204 && answer.body.isEmpty, "\(target)")
            #expect(answer["access-control-allow-origin"] == Self.app)
            #expect(answer["access-control-allow-methods"] == "GET, HEAD, POST, DELETE")
            #expect(answer["access-control-allow-headers"] == "authorization,content-type,x-stainless-os")
            #expect(
                answer["access-control-allow-credentials"] == nil
                    && answer["access-control-max-age"] == "7200")
            #expect(answer["x-latchkey-request-id"] != nil && answer["content-length"] == nil)
            let refused = try ask(server, preflight(target, from: "https://evil.test"))
            #expect(refused.status == 403 && names(refused).isEmpty)
            #expect(
                refused.text.contains("https://evil.test") && refused.text.contains("LATCHKEY_CORS_ORIGINS"))
        }
        let client = try server.connect()
        for (target, status) in [
            ("/v1/models", 200), ("/models", 200), ("/me", 200), ("/v1/v1/x", 404), ("/me/explain?x", 422),
        ] {
            for origin in [Self.app, "http://localhost:3000"] {
                try client.send(request("GET", target, access, "Origin: \(origin)\r\n"))
                let answer = try client.readMessage()
                #expect(answer.status == status, "\(target)")
                #expect(
                    names(answer) == ["access-control-allow-origin", "access-control-expose-headers"],
                    "\(target)")
                #expect(answer["access-control-allow-origin"] == origin)
                #expect(answer["access-control-expose-headers"]?.contains("x-latchkey-request-id") == true)
                let vary = answer.fields.filter { $0.name.lowercased() == "vary" }.map(\.value)
                #expect(
                    vary == (target.hasSuffix("models") ? ["Accept", "origin"] : ["origin"]), "\(target)")
            }
            for fields in ["", "Origin: https://evil.test\r\n", "Origin: null\r\n"] {
                try client.send(request("GET", target, access, fields))
                let answer = try client.readMessage()
                #expect(
                    answer.status == status && names(answer).isEmpty && answer["vary"] != nil, "\(target)")
            }
        }
        // A head that cannot be read to its end may have named the origin before.
        for (fields, origin) in [
            ("Origin: \(Self.app)\r\nHost: @\r\n", Self.app), ("Host: @\r\nOrigin: \(Self.app)\r\n", nil),
            ("Host: a\r\nOrigin: https://evil.test\r\nA : b\r\n", nil),
        ] {
            let unreadable = try ask(server, "GET /v1/models HTTP/1.1\r\n\(fields)\r\n")
            #expect(unreadable.status == 400 && unreadable["access-control-allow-origin"] == origin)
        }
        for line in ["GET /manage/projects", "GET /metrics", "GE T /v1/models"] {
            let unreadable = try ask(
                server, "\(line) HTTP/1.1\r\nOrigin: \(Self.app)\r\nHost: @\r\n\r\n")
            #expect(unreadable.status == 400 && unreadable["access-control-allow-origin"] == nil, "\(line)")
        }
        // Neither errors of the socket's reader nor the management API are left out or let in.
        try client.send(request("GET", "/v1/models", nil, "Origin: \(Self.app)\r\n"))
        let stranger = try client.readMessage()
        #expect(stranger.status == 401 && stranger["access-control-allow-origin"] == Self.app)
        for target in ["/manage/projects", "/metrics", "/claim", "/live"] {
            #expect(try names(ask(server, request("GET", target, nil, "Origin: \(Self.app)\r\n"))).isEmpty)
            #expect(try ask(server, preflight(target)).status == 405, "\(target)")
        }
        #expect(await server.isIdle())
        await server.stop()
    }

    @Test func `streams and answers that are cut short are told of, too`() async throws {
        let upstream = try ScriptedUpstream { connection in
            while true {
                _ = try connection.readMessage(within: 60000)
                try connection.send(
                    Self.upstreams + "Content-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
                        + "c\r\ndata: [DONE]\r\n2\r\n\n\n\r\n0\r\n\r\n")
            }
        }
        let server = try await Latchkey(["LATCHKEY_CORS_ORIGINS": Self.app])
        let access = try await server.access(to: upstream)
        let client = try server.connect()
        for _ in 0..<2 {
            try client.send(
                request(
                    "POST", "/v1/chat/completions", access, "Origin: \(Self.app)\r\n",
                    json: #"{"model":"m","messages":[],"stream":true}"#))
            let answer = try client.readMessage()
            #expect(answer.text.contains("[DONE]"))
            #expect(names(answer) == ["access-control-allow-origin", "access-control-expose-headers"])
            // Whose turn is next is not told the last one's.
            try client.send(request("GET", "/v1/models", access))
            #expect(try names(client.readMessage()).isEmpty)
        }
        await server.stop()
    }

    @Test func `a star allows any origin, still without credentials`() async throws {
        let upstream = try ScriptedUpstream.answering(ScriptedUpstream.ok)
        let server = try await Latchkey(["LATCHKEY_CORS_ORIGINS": "*"])
        let access = try await server.access(to: upstream)
        let asked = try ask(server, preflight("/v1/models", from: "https://any.test"))
        #expect(asked.status == 204 && asked["access-control-allow-origin"] == "*")
        let answer = try ask(server, request("GET", "/v1/models", access, "Origin: null\r\n"))
        #expect(
            answer["access-control-allow-origin"] == "*" && answer["access-control-allow-credentials"] == nil)
        await server.stop()
    }

    @Test func `without the setting nothing is said but to a preflight, which is told of it`() async throws {
        let upstream = try ScriptedUpstream.answering(Self.upstreams + "Content-Length: 2\r\n\r\n{}")
        let server = try await Latchkey()
        let access = try await server.access(to: upstream)
        for target in ["/v1/chat/completions", "/chat/completions", "/me"] {
            let answer = try ask(server, preflight(target))
            #expect(answer.status == 403 && names(answer).isEmpty, "\(target)")
            #expect(answer["x-latchkey-error"] == "origin_not_allowed")
            #expect(answer.text.contains("LATCHKEY_CORS_ORIGINS") && answer.text.contains(Self.app))
        }
        // Another OPTIONS is none.
        for fields in ["", "Origin: \(Self.app)\r\n", "Access-Control-Request-Method: GET\r\n"] {
            let answer = try ask(server, request("OPTIONS", "/v1/models", access, fields))
            #expect(answer.status == 405 && answer["allow"] == "GET, HEAD, POST, DELETE")
        }
        let answer = try ask(server, request("GET", "/v1/models", access, "Origin: \(Self.app)\r\n"))
        #expect(names(answer).count == 3 && answer["vary"] == "Accept")
        #expect(upstream.connections.count == 1)
        #expect(await server.isIdle())
        await server.stop()
    }

    @Test func `a preflight with a body, and one that is malformed, leave the connection in step`()
        async throws
    {
        let server = try await Latchkey(["LATCHKEY_CORS_ORIGINS": Self.app])
        let client = try server.connect()
        try client.send(
            request(
                "OPTIONS", "/v1/models", nil,
                "Origin: \(Self.app)\r\nAccess-Control-Request-Method: GET\r\nContent-Length: 5\r\n")
                + "hello"
                + preflight("/v1/models"))
        #expect(try client.readMessage().status == 204)
        #expect(try client.readMessage().status == 204)
        #expect(try ask(server, preflight("/v1/../manage")).status == 400)
        #expect(await server.isIdle())
        await server.stop()
    }
}
