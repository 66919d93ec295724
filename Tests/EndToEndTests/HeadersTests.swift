import Domain
import Foundation
import Testing

@testable import App

/// Which header fields cross, and what a request's head may not be.
@Suite(.serialized) @EndToEnd struct HeadersTests {
    @Test func `of credentials only ours leaves, whatever Connection names`() async throws {
        let upstream = try ScriptedUpstream.answering(ScriptedUpstream.ok)
        let server = try await Latchkey()
        let access = try await server.access(to: upstream)
        let client = try server.connect()
        let credentials = ["x-api-key", "api-key", "x-goog-api-key", "cookie", "proxy-authorization"]
        try client.send(
            request(
                "POST", "/v1/chat/completions", access,
                "Connection: close, authorization, content-type, x-hop\r\nX-Hop: 1\r\nX-Stays: 2\r\n"
                    + credentials.map { "\($0): canary\r\n" }.joined(), json: "{}"))
        #expect(try client.readMessage().status == 200)

        let seen = try #require(upstream.connections.first).text.lowercased()
        #expect(seen.contains("authorization: bearer \(Latchkey.upstreamKey.lowercased())\r\n"))
        #expect(seen.contains("content-type: application/json\r\n"))
        #expect(seen.contains("x-stays: 2\r\n"))
        #expect(!seen.contains("canary\r\n") && !seen.contains("x-hop") && !seen.contains("lk_"))
        for name in credentials { #expect(!seen.contains("\n\(name):")) }
        await server.stop()
    }

    /// Each request as the client frames it.
    nonisolated static let bare: [(String, String)] = [
        ("GET /v1/models", ""), ("DELETE /v1/files/a", ""),
        ("POST /v1/files/a/cancel", "Content-Length: 0\r\n\r\n"),
        ("POST /v1/files", "Content-Length: 2\r\n\r\n{}"),
        ("POST /v1/files", "Content-Length: 2000000\r\n\r\n" + String(repeating: " ", count: 2_000_000)),
        ("POST /v1/files", "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"),
    ]

    @Test(arguments: bare)
    func `nothing is added that the client did not say`(_ line: String, _ rest: String) async throws {
        let upstream = try ScriptedUpstream.answering(ScriptedUpstream.ok)
        let server = try await Latchkey()
        let access = try await server.access(to: upstream)
        // One connection, and so one to the upstream.
        let client = try server.connect()
        for name in ["Accept", "Content-Type"] {
            for value in [nil, "", "x"] {
                let field = value.map { "\(name): \($0)\r\n" } ?? ""
                try client.send(
                    "\(line) HTTP/1.1\r\nHost: a\r\n\(access.authorization)\(field)"
                        + (rest.isEmpty ? "\r\n" : rest))
                #expect(try client.readMessage().status == 200)
                let seen = try #require(upstream.connections.last).text.lowercased()
                let head = seen.components(separatedBy: "\r\n\r\n").last { $0.contains("host:") } ?? ""
                for added in ["accept", "content-type", "expect", "user-agent"] {
                    let own = added == name.lowercased() ? value : nil
                    let line = head.components(separatedBy: "\r\n").first { $0.hasPrefix(added + ":") }
                    #expect(line == own.map { "\(added): \($0)" })
                }
            }
        }
        await server.stop()
    }

    @Test(arguments: ["GET /v1/models", "DELETE /v1/files/a", "HEAD /v1/models"])
    func `an empty body where none belongs is passed as none, however it is framed`(line: String) async throws
    {
        let upstream = try ScriptedUpstream { connection in
            while true {
                let isHead = try connection.readMessage(within: 60000).start.hasPrefix("HEAD ")
                try connection.send(isHead ? "HTTP/1.1 204 OK\r\n\r\n" : ScriptedUpstream.ok)
            }
        }
        let server = try await Latchkey()
        let access = try await server.access(to: upstream)
        let start = "\(line) HTTP/1.1\r\nHost: a\r\n\(access.authorization)Content-Type: application/json\r\n"
        let chunks = "Transfer-Encoding: chunked\r\n\r\n"
        let empty = [
            "\r\n", "Content-Length: 0\r\n\r\n", chunks + "0\r\n\r\n", chunks + "00;a=b\r\nX-End: 1\r\n\r\n",
        ]
        let client = try server.connect()
        for rest in empty {
            try client.send(start + rest)
            #expect(try client.readMessage().status == (line.hasPrefix("HEAD ") ? 204 : 200), "\(rest)")
        }
        let seen = upstream.connections.map { $0.text.lowercased() }.joined()
        #expect(seen.components(separatedBy: " http/1.1\r\n").count == empty.count + 1)
        #expect(!seen.contains("transfer-encoding") && !seen.contains("content-length"))
        for rest in ["Content-Length: 1\r\n\r\nx", chunks + "1\r\nx\r\n0\r\n\r\n", chunks + "1\r\nx"] {
            let client = try server.connect()
            try client.send(start + rest)
            try client.read(upTo: "HTTP/1.1 400 ")
            try client.read(
                upTo: "x-latchkey-error: malformed_"
                    + (line.hasPrefix("HEAD ") ? "head_body" : "unexpected_body"))
        }
        #expect(upstream.connections.map { $0.text.lowercased() }.joined() == seen)
        await server.stop()
    }

    @Test func `two projects' keys never mix, on connections that are used again`() async throws {
        let upstream = try ScriptedUpstream { connection in
            while true {
                let message = try connection.readMessage(within: 60000)
                let key = message["authorization"] ?? ""
                try connection.send("HTTP/1.1 200 OK\r\nContent-Length: \(key.utf8.count)\r\n\r\n\(key)")
            }
        }
        let server = try await Latchkey()
        let first = try await server.issue(for: server.project("one", at: upstream.port, key: "key-of-one"))
        let second = try await server.issue(for: server.project("two", at: upstream.port, key: "key-of-two"))
        let client = try server.connect()
        for _ in 0..<20 {
            try client.send(request("GET", "/v1/models", first) + request("GET", "/v1/models", second))
            #expect(try client.readMessage().text == "Bearer key-of-one")
            #expect(try client.readMessage().text == "Bearer key-of-two")
        }
        #expect(upstream.connections.count <= 2)
        await server.stop()
    }

    @Test func `each upstream is called by its own name, whichever was called before`() async throws {
        let upstreams = [
            try ScriptedUpstream.answering(ScriptedUpstream.ok),
            try ScriptedUpstream.answering(ScriptedUpstream.ok),
        ]
        let server = try await Latchkey()
        let first = try await server.issue(for: server.project("one", at: upstreams[0].port, key: "a"))
        let second = try await server.issue(for: server.project("two", at: upstreams[1].port, key: "b"))
        // One connection, and so one event loop.
        let client = try server.connect()
        for _ in 0..<3 {
            for access in [first, second] {
                try client.send(request("GET", "/v1/models", access))
                #expect(try client.readMessage().status == 200)
            }
        }
        for upstream in upstreams {
            let seen = upstream.connections.map { $0.text.lowercased() }.joined()
            let hosts = seen.components(separatedBy: "\r\n").filter { $0.hasPrefix("host:") }
            #expect(hosts == Array(repeating: "host: 127.0.0.1:\(upstream.port)", count: 3))
        }
        await server.stop()
    }

    @Test func `what tells of the shared account stays with us`() async throws {
        let upstream = try ScriptedUpstream.answering(
            "HTTP/1.1 200 OK\r\nSet-Cookie: a=b\r\nOpenAI-Organization: org\r\nOpenAI-Project: proj\r\n"
                + "X-Request-Id: req_1\r\nOpenAI-Processing-Ms: 7\r\nKeep-Alive: timeout=5\r\n"
                + "Connection: x-hop\r\nX-Hop: 1\r\nContent-Length: 2\r\n\r\nok")
        let server = try await Latchkey()
        let client = try server.connect()
        try client.send(request("GET", "/v1/models", try await server.access(to: upstream)))
        let answer = try client.readMessage()
        #expect(
            answer.text == "ok" && answer["x-request-id"] == "req_1" && answer["openai-processing-ms"] == "7")
        #expect(answer["x-latchkey-request-id"]?.utf8.count == 16)
        for name in [
            "set-cookie", "openai-organization", "openai-project", "keep-alive", "x-hop", "x-latchkey-error",
        ] {
            #expect(answer[name] == nil)
        }
        await server.stop()
    }

    @Test(arguments: [
        ("Content-Length: 2\r\nTransfer-Encoding: chunked\r\n", 400),
        ("Content-Length: 2\r\nContent-Length: 3\r\n", 400),
        ("Content-Length: +2\r\n", 400), ("Transfer-Encoding: gzip, chunked\r\n", 400),
        ("Authorization: Bearer x\r\n", 400), ("Host: two.test\r\n", 400),
        ("Expect: the-unexpected\r\n", 417),
        ("Upgrade: websocket\r\nConnection: upgrade\r\n", 426), ("X: a\rb\r\n", 400), ("X : a\r\n", 400),
        ("X: a\r\n folded\r\n", 400), ("X: a\u{0}b\r\n", 400),
    ])
    func `an ambiguous head is refused and the connection closed`(_ fields: String, _ status: Int)
        async throws
    {
        let upstream = try ScriptedUpstream.answering(ScriptedUpstream.ok)
        let server = try await Latchkey()
        let client = try server.connect()
        try client.send(request("POST", "/v1/files", try await server.access(to: upstream), fields))
        #expect(try client.readMessage().status == status)
        #expect(try client.readToEnd() == .closed)
        #expect(upstream.connections.isEmpty)
        await server.stop()
    }

    @Test func `an offer of HTTP 2 is ignored, and ends here`() async throws {
        let upstream = try ScriptedUpstream.answering(ScriptedUpstream.ok)
        let server = try await Latchkey()
        let access = try await server.access(to: upstream)
        let client = try server.connect()
        for offer in [
            "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQCAAAA\r\n",
            "HTTP2-Settings: AAMAAABk\r\nUpgrade: h2c, IRC/6.9\r\n",
        ] {
            let json = #"{"model":"m"}"#
            try client.send(request("POST", "/v1/chat/completions", access, offer, json: json))
            #expect(try client.readMessage().text == #"{"ok":true}"#)
            try client.send(request("GET", "/v1/models", access, offer))
            #expect(try client.readMessage().text == #"{"ok":true}"#)
            try client.send(request("GET", "/live", nil, offer))
            #expect(try client.readMessage().text.contains(#""status":"ok""#))
            let key = "Authorization: Bearer \(server.managementKey)\r\n"
            try client.send(
                request(
                    "POST", "/manage/projects", nil, key + offer,
                    json: #"{"name":"p","upstream_url":"dummy:"}"#))
            #expect([201, 409].contains(try client.readMessage().status))
        }
        let seen = upstream.connections.map { $0.text.lowercased() }.joined()
        #expect(seen.components(separatedBy: "host:").count == 5)
        for name in ["upgrade", "http2-settings", "h2c", "connection"] { #expect(!seen.contains(name)) }
        await server.stop()
    }

    @Test func `our own answers have a date and a request id, and relayed ones what the upstream said`()
        async throws
    {
        let upstream = try ScriptedUpstream.answering(
            "HTTP/1.1 200 OK\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nX-Request-Id: req_7\r\n"
                + "Content-Length: 2\r\n\r\nok")
        let server = try await Latchkey()
        let access = try await server.access(to: upstream)
        let dummy = try await server.access(toURL: "dummy:", project: "demo")
        let started = Timestamp.now()
        for text in [
            request("GET", "/v1/models"), request("PUT", "/v1/models", access),
            request("GET", "/v1/models", dummy),
            request("POST", "/v1/chat/completions", dummy, json: #"{"model":"dummy","stream":true}"#),
            request("POST", "/v1/chat/completions", access, json: "["), "GET / HTTP/7\r\n\r\n",
        ] {
            let answer = try server.ask(text)
            let id = try #require(answer["x-latchkey-request-id"])
            #expect(id.utf8.count == 16 && answer["x-request-id"] == id)
            let dates = (0..<10).map { started.adding(milliseconds: $0 * 1000).httpDate }
            #expect(answer.fields.count { $0.name.lowercased() == "date" } == 1)
            #expect(dates.contains(try #require(answer["date"])))
        }
        let relayed = try server.ask(request("GET", "/v1/models", access))
        #expect(relayed["date"] == "Sun, 06 Nov 1994 08:49:37 GMT" && relayed["x-request-id"] == "req_7")
        #expect(relayed.fields.count { ["date", "x-request-id"].contains($0.name.lowercased()) } == 2)
        // The router's too.
        #expect(try server.ask(request("GET", "/live"))["date"] != nil)
        await server.stop()
    }

    @Test(arguments: [
        ("text/event-stream", "", "no"), ("Text/Event-Stream; charset=utf-8", "", "no"),
        ("text/event-stream", "X-Accel-Buffering: yes\r\n", "yes"),
        ("text/event-stream", "Connection: x-accel-buffering\r\nX-Accel-Buffering: yes\r\n", "no"),
        ("application/json", "", nil), ("application/json", "X-Accel-Buffering: no\r\n", "no"),
    ])
    func `a proxy in front is told not to hold a stream back`(
        _ type: String, _ fields: String, _ told: String?
    ) async throws {
        let upstream = try ScriptedUpstream.answering(
            "HTTP/1.1 200 OK\r\nContent-Type: \(type)\r\n\(fields)Content-Length: 14\r\n\r\ndata: [DONE]\n\n")
        let server = try await Latchkey()
        let access = try await server.access(to: upstream)
        // With and without the usage that is asked for on the way: its length is then not the upstream's.
        for json in [#"{"stream":true}"#, #"{"stream":true,"stream_options":{"include_usage":true}}"#] {
            let answer = try server.ask(request("POST", "/v1/chat/completions", access, json: json))
            #expect(answer["x-accel-buffering"] == told && answer.text == "data: [DONE]\n\n")
            #expect(
                answer.fields.count { $0.name.lowercased() == "x-accel-buffering" } == (told == nil ? 0 : 1))
        }
        await server.stop()
    }

    @Test func `100 Continue comes after admission only`() async throws {
        let upstream = try ScriptedUpstream.answering(ScriptedUpstream.ok)
        let server = try await Latchkey()
        let access = try await server.access(to: upstream)
        let fields = "Content-Length: 5\r\nExpect: 100-continue\r\n"
        let refused = try server.connect()
        try refused.send(request("POST", "/v1/files", nil, fields))
        #expect(try refused.readHead().status == 401)
        let client = try server.connect()
        try client.send(request("POST", "/v1/files", access, fields))
        #expect(try client.readHead().status == 100)
        try client.send("hello")
        #expect(try client.readMessage().status == 200)
        #expect(upstream.connections.count == 1)
        #expect(upstream.connections.first?.text.lowercased().contains("expect:") == false)
        await server.stop()
    }

    @Test func `the management API asks for a body only when it knows who sends it`() async throws {
        let server = try await Latchkey()
        let json = #"{"name":"acme","upstream_url":"dummy:"}"#
        let fields =
            "Content-Type: application/json\r\nContent-Length: \(json.utf8.count)\r\nExpect: 100-continue\r\n"
        let key = "Authorization: Bearer \(server.managementKey)\r\n"
        for (target, credential, status) in [
            ("/manage/projects", "", 401), ("/manage/projects", "Authorization: Bearer lkm_wrong\r\n", 401),
            ("/manage/nothing", key, 404), ("/manage/keys/x/revoke", "", 401), ("/live", key, 405),
        ] {
            let refused = try server.connect()
            try refused.send(request("POST", target, nil, credential + fields))
            #expect(try refused.readHead().status == status)
        }
        let client = try server.connect()
        for status in [201, 409] {
            try client.send(request("POST", "/manage/projects", nil, key + fields))
            #expect(try client.readHead().status == 100)
            #expect(client.waiting.isEmpty)
            try client.send(json)
            #expect(try client.readMessage().status == status)
        }
        // Who does not wait is not asked.
        try client.send(request("POST", "/manage/projects", nil, key + fields) + json)
        #expect([100, 409].contains(try client.readHead().status))
        await server.stop()
    }

    @Test func `pipelined requests keep their order, the router's among them`() async throws {
        let upstream = try ScriptedUpstream.answering(ScriptedUpstream.ok)
        let server = try await Latchkey()
        let access = try await server.access(to: upstream)
        let client = try server.connect()
        let health = request("GET", "/live")
        try client.send(
            request("GET", "/v1/models", access) + health
                + request("POST", "/v1/embeddings", access, json: "{}")
                + request("GET", "/v1/models") + health)
        #expect(try client.readMessage().text == #"{"ok":true}"#)
        #expect(try client.readMessage().text.contains("status"))
        #expect(try client.readMessage().text == #"{"ok":true}"#)
        #expect(try client.readMessage().status == 401)
        #expect(try client.readMessage().text.contains("status"))
        await server.stop()
    }

    @Test func `an HTTP 1_0 client gets its answer and the end of the connection`() async throws {
        let upstream = try ScriptedUpstream { connection in
            _ = try connection.readMessage()
            try connection.send(
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n")
        }
        let server = try await Latchkey()
        let access = try await server.access(to: upstream)
        let client = try server.connect()
        try client.send("GET /v1/models HTTP/1.0\r\n\(access.authorization)\r\n")
        let answer = try client.readMessage()
        #expect(answer.status == 200 && answer.text == "hello" && !answer.isChunked)
        #expect(try client.readToEnd() == .closed)
        await server.stop()
    }

    @Test func `the refusal of a HEAD has no body, and the connection stays in step`() async throws {
        let upstream = try ScriptedUpstream.answering("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        let server = try await Latchkey()
        let client = try server.connect()
        let access = try await server.access(to: upstream)
        for (target, holder, status) in [
            ("/v1/models", nil, 401), ("/v1/organization", access, 403), ("/v1/v1/models", access, 404),
        ] as [(String, Latchkey.Access?, Int)] {
            try client.send(request("HEAD", target, holder))
            #expect(try client.readHead().status == status)
        }
        #expect(upstream.connections.isEmpty)
        try client.send(request("GET", "/v1/models", access))
        let answer = try client.readMessage()
        #expect(answer.status == 200 && answer.text == "ok")
        await server.stop()
    }

    @Test func `what only Latchkey says is not relayed`() async throws {
        let upstream = try ScriptedUpstream.answering(
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n"
                + "x-latchkey-error: forged\r\nX-Kept: 1\r\n\r\n2\r\nok\r\n0\r\n\r\n")
        let server = try await Latchkey()
        let client = try server.connect()
        try client.send(request("GET", "/v1/models", try await server.access(to: upstream)))
        let answer = try client.readMessage()
        #expect(answer.status == 200 && answer.text == "ok")
        #expect(answer["content-length"] == nil && answer["x-latchkey-error"] == nil)
        #expect(answer["x-kept"] == "1")
        await server.stop()
    }
}
