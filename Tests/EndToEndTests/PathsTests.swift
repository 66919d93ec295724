import Admin
import Domain
import Foundation
import Testing

/// Paths without `/v1`, HEAD, and what a client with a wrong base URL or a misplaced credential is told.
@Suite(.serialized) @EndToEnd struct PathsTests {
    private func ask(_ server: Latchkey, _ text: String) throws -> RawMessage {
        let client = try server.connect()
        try client.send(text)
        return try text.hasPrefix("HEAD") ? client.readHead() : client.readMessage()
    }

    private func targets(_ upstream: ScriptedUpstream) -> [String] {
        upstream.connections.flatMap { connection in
            // A body has no line end.
            connection.text.components(separatedBy: "\r\n").filter { $0.hasSuffix(" HTTP/1.1") }
                .map { String($0.split(separator: "}").last ?? "") }
        }
    }

    @Test func `a path without v1 is handled and forwarded as the one with it`() async throws {
        let upstream = try ScriptedUpstream.answering(ScriptedUpstream.ok)
        let server = try await Latchkey()
        let access = try await server.access(to: upstream)
        let client = try server.connect()
        let lines = [
            "GET /models", "GET /models/", "GET /models?after=x", "GET /models/org%2Fllama",
            "DELETE /files/f",
            "GET /batches", "HEAD /models", "POST /chat/completions?x=y", "POST /embeddings",
            "POST /responses",
            "POST /completions", "POST /images/generations", "POST /audio/speech", "POST /moderations",
            "POST /files",
            "POST /batches", "POST /threads/t/runs",
        ]
        for line in lines {
            let parts = line.split(separator: " ").map(String.init)
            let json = parts[0] == "POST" ? #"{"model":"m","messages":[]}"# : nil
            try client.send(request(parts[0], parts[1], access, json: json))
            #expect(
                try (parts[0] == "HEAD" ? client.readHead() : client.readMessage()).status == 200, "\(line)")
        }
        #expect(targets(upstream) == lines.map { $0.replacing(" /", with: " /v1/") + " HTTP/1.1" })
        let rows = try await server.ledger(lines.count)
        #expect(rows.count == lines.count)
        #expect(rows.filter { $0.endpoint == "chat_completions" }.count == 1)
        #expect(server.metric("latchkey_requests_total", #"endpoint="models",outcome="completed""#) == 5)
        await server.stop()
    }

    @Test func `a path without v1 opens nothing that the one with it does not`() async throws {
        let upstream = try ScriptedUpstream.answering(ScriptedUpstream.ok)
        let server = try await Latchkey()
        let access = try await server.access(
            to: upstream, grants: [.endpoints([.chatCompletions])], limits: ["requests=0/day"])
        for (text, status) in [
            (request("GET", "/models", access), 403), (request("GET", "/organization/users", access), 403),
            (request("POST", "/embeddings", access, json: "{}"), 403),
            (request("POST", "/chat/completions", access, json: "{}"), 429),
            (request("POST", "/chat/completions", nil, json: "{}"), 401),
            (request("PUT", "/files", access), 405),
            (request("POST", "/chat/completions", access, json: "[]"), 400),
            (request("GET", "/models/..%2fmanage", access), 400),
            (request("GET", "/models/../manage", access), 400),
            (request("GET", "//models", access), 400),
        ] {
            #expect(try ask(server, text).status == status, "\(text)")
        }
        #expect(upstream.connections.isEmpty)
        for (target, status) in [
            ("/live", 200), ("/health", 200), ("/me", 200), ("/manage/projects", 401), ("/metrics", 401),
        ] {
            #expect(try ask(server, request("GET", target, access)).status == status, "\(target)")
        }
        await server.stop()
    }

    @Test func `HEAD is answered as GET is, without its body`() async throws {
        let upstream = try ScriptedUpstream { connection in
            while true {
                let isHead = try connection.readMessage(within: 60000).start.hasPrefix("HEAD ")
                let body = isHead ? "" : "{\"ok\":true}"
                try connection.send(
                    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nX-A: b\r\nContent-Length: "
                        + "11\r\n\r\n\(body)"
                )
            }
        }
        let server = try await Latchkey()
        let access = try await server.access(to: upstream, limits: ["requests=4/day"])
        let client = try server.connect()
        for _ in 0..<2 {
            try client.send(request("HEAD", "/v1/models/a?x=y", access))
            let head = try client.readHead()
            #expect(head.status == 200 && head["content-length"] == "11" && head["x-a"] == "b")
            #expect(head["transfer-encoding"] == nil)
            try client.send(request("GET", "/v1/models/a?x=y", access))
            #expect(try client.readMessage().text == #"{"ok":true}"#)
        }
        #expect(
            targets(upstream) == ["HEAD", "GET", "HEAD", "GET"].map { "\($0) /v1/models/a?x=y HTTP/1.1" })
        #expect(upstream.connections.count == 1)
        try client.send(request("HEAD", "/v1/models/a", access))
        #expect(try client.readHead().status == 429)
        let rows = try await server.ledger(4)
        #expect(rows.count == 4 && rows.allSatisfy { $0.usage.tokens == 0 && $0.outcome == "completed" })
        #expect(server.accessLog().contains(#""method":"HEAD""#))
        await server.stop()
    }

    @Test func `HEAD of an answer without a length, of an error, and of the built-in provider`() async throws
    {
        let upstream = try ScriptedUpstream.answering(
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        let closing = try ScriptedUpstream { connection in
            _ = try connection.readMessage()
            try connection.send("HTTP/1.1 404 Not Found\r\nX-A: b\r\n\r\n")
        }
        let server = try await Latchkey()
        let chunked = try await server.issue(for: server.project("one", at: upstream.port))
        let closed = try await server.issue(for: server.project("two", at: closing.port))
        let dummy = try await server.issue(
            for: server.control.createProject(
                try #require(ProjectName("three")), upstream: .dummy, key: nil, by: .console))
        let client = try server.connect()
        for (access, status) in [(chunked, 200), (closed, 404), (dummy, 200), (chunked, 200)] {
            try client.send(request("HEAD", "/v1/models", access))
            let head = try client.readHead()
            #expect(head.status == status && head["transfer-encoding"] == nil && head["connection"] == nil)
        }
        // An HTTP/1.0 client, and one that sends what a HEAD does not have.
        #expect(try ask(server, "HEAD /v1/models HTTP/1.0\r\n\(dummy.authorization)\r\n").status == 200)
        let refused = try ask(server, request("HEAD", "/v1/models", dummy, "Content-Length: 2\r\n") + "{}")
        #expect(refused.status == 400 && refused["x-latchkey-error"] == "malformed_head_body")
        #expect(await server.isIdle())
        await server.stop()
    }

    // MARK: What is told

    private struct Body: Decodable {
        struct Inner: Decodable {
            var message: String
            var type: String
            var code: String?
        }
        var error: Inner
    }

    private func error(_ answer: RawMessage) throws -> Body.Inner {
        #expect(answer["content-type"] == "application/json" && answer["x-latchkey-error"] != nil)
        #expect(answer["x-latchkey-request-id"] != nil)
        return try JSONDecoder().decode(Body.self, from: Data(answer.body)).error
    }

    @Test(arguments: [nil, "https://llm.example.com"])
    func `a client with a wrong base URL is told which one to set`(publicURL: String?) async throws {
        let upstream = try ScriptedUpstream.answering(ScriptedUpstream.ok)
        let server = try await Latchkey(publicURL.map { ["LATCHKEY_PUBLIC_URL": $0] } ?? [:])
        let access = try await server.access(to: upstream)
        let base = "\(publicURL ?? "http://proxy.test")/v1"
        for (target, words) in [
            ("/v1/v1/chat/completions", "'/v1' twice"),
            ("/v1/chat/completions/chat/completions", "endpoint twice"),
            ("/foo/chat/completions", "no endpoint"), ("/V1/chat/completions", "no endpoint"),
            ("/v1chat/completions", "no endpoint"), ("/openai/v1/responses", "no endpoint"),
            ("/api/models/gpt-4?x", "no endpoint"), ("/", "no endpoint"), ("/x", "no endpoint"),
        ] {
            let answer = try ask(server, request("POST", target, access, json: "{}"))
            let error = try error(answer)
            #expect(answer.status == 404 && error.code == "unknown_url", "\(target)")
            #expect(
                error.message.contains(words) && error.message.contains("Set base_url to \(base)"),
                "\(target)")
        }
        for target in ["/v1", "/v1/", "/v1?x"] {
            let answer = try ask(server, request("GET", target, access))
            let error = try error(answer)
            #expect(answer.status == 404 && error.message.contains("/v1/models"))
        }
        for target in ["//v1/chat/completions", "/v1//chat/completions", "//chat/completions"] {
            let answer = try ask(server, request("POST", target, access, json: "{}"))
            let error = try error(answer)
            #expect(answer.status == 400 && error.message.contains("doubled slash"), "\(target)")
        }
        #expect(upstream.connections.isEmpty)
        // What has nothing to do with the API is the router's.
        for target in ["/", "/x", "/manage/models", "/manage/nothing"] {
            let answer = try ask(server, request("GET", target))
            #expect(answer.status == 404 && answer["content-type"] == "application/problem+json", "\(target)")
        }
        await server.stop()
    }

    @Test func `a credential in the wrong place is told where it belongs`() async throws {
        let upstream = try ScriptedUpstream.answering(ScriptedUpstream.ok)
        let server = try await Latchkey()
        let access = try await server.access(to: upstream)
        for target in ["/v1/models", "/models", "/me"] {
            for (line, words) in [
                ("Authorization: \(access.text)", "'Authorization: Bearer lk_…'"),
                ("Authorization: Basic \(access.text)", "'Authorization: Bearer lk_…'"),
                ("Authorization: Bearer Bearer \(access.text)", "'Authorization: Bearer lk_…'"),
                ("Authorization: Bearer \(server.managementKey)", "a management key"),
                ("Authorization: Bearer sk-proj-0123", "begin with 'lk_'"),
                ("X-Api-Key: \(access.text)", "x-api-key"),
                ("X-None: 1", "'Authorization: Bearer lk_…'"),
            ] {
                let answer = try ask(server, request("GET", target, nil, line + "\r\n"))
                let error = try error(answer)
                #expect(answer.status == 401 && error.code == "invalid_api_key", "\(line)")
                #expect(
                    error.message.contains(words) && !error.message.contains(access.id.rawValue), "\(line)")
                #expect(!error.message.contains(server.managementKey))
            }
        }
        let answer = try ask(server, request("GET", "/manage/projects", access))
        #expect(answer.status == 401 && answer["content-type"] == "application/problem+json")
        #expect(answer.text.contains("This is an access token") && answer.text.contains("lkm_"))
        #expect(upstream.connections.isEmpty)
        await server.stop()
    }
}
