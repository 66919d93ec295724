import Domain
import Testing

/// What a token may do, as a table: every first segment of the API for four tokens, and every way of asking
/// for more than was granted, against an upstream that reads everything as loosely as it can
/// (``LenientUpstream``).
@Suite(.serialized) @EndToEnd struct GrantTableTests {
    /// Of a token without restrictions, one that is granted a model, one whose cost is limited, and one with
    /// both that is granted the endpoint by name: what becomes of a `POST` with a granted model.
    ///
    /// `P`: it passes, and is charged. `F`: it passes and is free. `R`: it is refused.
    nonisolated static let segments: [(path: String, kind: EndpointKind, outcomes: String)] = [
        ("chat/completions", .chatCompletions, "PPPP"), ("completions", .completions, "PPPP"),
        ("embeddings", .embeddings, "PPPP"), ("responses", .responses, "PPPP"),
        ("responses/compact", .responses, "PPPP"), ("responses/input_tokens", .responses, "FFFF"),
        ("images/generations", .images, "PPPP"), ("audio/speech", .audio, "PPPP"),
        ("moderations", .moderations, "FFFF"), ("conversations", .conversations, "FFFF"),
        ("files", .files, "FFFF"), ("uploads", .uploads, "FFFF"), ("skills", .skills, "FFFF"),
        ("vector_stores", .vectorStores, "FFFF"), ("containers", .containers, "FFRF"),
        ("assistants", .assistants, "FRFF"), ("threads", .threads, "FFFF"),
        ("threads/runs", .threads, "PPRP"), ("batches", .batches, "PRRP"), ("videos", .videos, "PPRP"),
        ("evals", .evals, "PRRP"), ("evals/e/runs", .evals, "PRRP"),
        ("fine_tuning/jobs", .fineTuning, "PPRP"),
        ("models/gpt-4o-mini", .models, "PRRP"),
        // Keys of the upstream's
        ("realtime/client_secrets", .realtime, "RRRP"), ("realtime/sessions", .realtime, "RRRP"),
        ("realtime/transcription_sessions", .realtime, "RRRP"), ("realtime/calls", .realtime, "RRRP"),
        ("live/sessions", .realtime, "RRRP"), ("chatkit/sessions", .chatkit, "RRRP"),
        // The account
        ("organization/users", .organization, "RRRP"), ("projects", .projects, "RRRP"),
        ("me", .account, "RRRP"), ("usage", .account, "RRRP"), ("dashboard/billing", .account, "RRRP"),
        ("webhook_endpoints", .account, "RRRP"), ("webhook_event_types", .account, "RRRP"),
        ("vaults", .account, "RRRP"), ("safety/x", .account, "RRRP"),
        // What is known beside these
        ("chat/x", .other, "PRRP"), ("agents", .other, "PRRP"), ("decisions", .other, "PRRP"),
        ("content_provenance_checks", .other, "PRRP"), ("messages", .other, "PPPP"),
        ("messages/count_tokens", .other, "FFFF"), ("messages/batches", .other, "PRRP"),
        ("rerank", .other, "PPRP"), ("score", .other, "PPRP"), ("ocr", .other, "PPRP"),
        ("classify", .other, "PPRP"), ("pooling", .other, "PPRP"), ("fim/completions", .other, "PPPP"),
        ("tokenize", .other, "FFFF"), ("engines/gpt-4o-mini/completions", .other, "PRRP"),
        ("openai/deployments/gpt-4o-mini/chat/completions", .other, "PRRP"),
        // What is not known
        ("next_month", .other, "RRRP"), ("completionsx", .other, "RRRP"), ("infill", .other, "RRRP"),
    ]

    nonisolated private static let body =
        #"{"model":"gpt-4o-mini","input":"abc","prompt":"abc","messages":[]}"#

    private func mini() throws -> GrantChange { .models([try #require(ModelPattern("gpt-4o-mini"))]) }

    @Test func `a run with its assistant's model needs a grant that names its endpoint`() async throws {
        let upstream = try ScriptedUpstream.answering(ScriptedUpstream.ok)
        let server = try await Latchkey()
        let project = try await server.project(at: upstream.port)
        let run = #"{"assistant_id":"a"}"#
        let named = try await server.issue(for: project, grants: [mini(), .endpoints([.threads])])
        #expect(try server.ask(request("POST", "/v1/threads/t/runs", named, json: run)).status == 200)
        let unnamed = try await server.issue(for: project, grants: [mini()])
        let refused = try server.ask(request("POST", "/v1/threads/t/runs", unnamed, json: run))
        #expect(refused.status == 403 && refused.text.contains("threads"))
        #expect(upstream.connections.count == 1)
        await server.stop()
    }

    @Test func `what hands out no keys needs no name of an endpoint that does`() async throws {
        let upstream = try ScriptedUpstream.answering(ScriptedUpstream.ok)
        let server = try await Latchkey()
        let access = try await server.access(to: upstream)
        for line in [
            ("GET", "/v1/chatkit/threads"), ("POST", "/v1/chatkit/sessions/s/cancel"),
            ("POST", "/v1/realtime/calls/c/hangup"),
        ] {
            #expect(try server.ask(request(line.0, line.1, access)).status == 200, "\(line)")
        }
        #expect(try server.ask(request("POST", "/v1/chatkit/sessions", access)).status == 403)
        await server.stop()
    }

    @Test func `every first segment of the API, for four tokens`() async throws {
        let upstream = try LenientUpstream()
        let server = try await Latchkey()
        let project = try await server.project(at: upstream.port)
        let limits = ["cost=1000/day"]
        let open = try await server.issue(for: project)
        let models = try await server.issue(for: project, grants: [mini()])
        let cost = try await server.issue(for: project, limits: limits)
        let client = try server.connect()
        var passed: [String: Bool] = [:]
        for (path, kind, outcomes) in Self.segments {
            let named = try await server.issue(
                for: project, grants: [mini(), .endpoints([kind])], limits: limits)
            for (index, (token, outcome)) in zip([open, models, cost, named], outcomes).enumerated() {
                let name = "\(path)-\(index)"
                try client.send(
                    request("POST", "/v1/\(path)", token, "X-Case: \(name)\r\n", json: Self.body))
                let answer = try client.readMessage()
                let isRefused = outcome == "R"
                #expect(answer.status == (isRefused ? 403 : 200), "\(name): \(answer.text)")
                #expect((upstream.deed(in: name) == nil) == isRefused, "\(name)")
                if !isRefused { passed[name] = outcome == "P" }
                // What is asked beforehand is told the same.
                try client.send(
                    request("GET", "/me/explain?model=gpt-4o-mini&endpoint=/v1/\(path)", token))
                let told = try client.readMessage().text
                #expect(told.contains("\"admitted\":\(!isRefused)"), "\(name): \(told)")
            }
        }
        try await expectCharged(passed, server)
        await server.stop()
    }

    /// Each row of a request that passed, told by its case.
    private func expectCharged(_ passed: [String: Bool], _ server: Latchkey) async throws {
        let rows = try await server.ledger(passed.count)
        #expect(rows.count == passed.count)
        for row in rows {
            let name = row.upstreamRequestID?.rawValue ?? ""
            #expect((row.usage.tokens > 0) == passed[name], "\(name)")
        }
    }

    // MARK: More than was granted

    /// Who asks.
    enum Token: CaseIterable {
        /// Without restrictions.
        case open
        /// `gpt-4o-mini` is granted.
        case model
        case cost
        /// A quota of tokens.
        case tokens
        /// `requests=0/day`: nothing that is charged may pass, whatever it is called.
        case files
    }

    struct Case: CustomStringConvertible, Sendable {
        var token: Token
        var line: String
        var status: Int
        var fields = ""
        var json: String?
        var form: String?

        var description: String { "\(token) \(line) \(fields)\(json ?? "")\(form ?? "")" }

        init(
            _ token: Token, _ line: String, _ status: Int, _ fields: String = "", json: String? = nil,
            form: String? = nil
        ) {
            (self.token, self.line, self.status, self.fields) = (token, line, status, fields)
            (self.json, self.form) = (json, form)
        }
    }

    nonisolated private static let decoy =
        #"{"model":"gpt-4o-mini","session":{"model":"o1-pro"},"input":"a"}"#

    /// Spellings of paths that are charged or need a grant.
    nonisolated static let spellings: [Case] = [
        "threads/t/run%20s", "threads/runs%20", "threads/t/run%C5%BF", "chat/completions%20",
        "threads/%72uns", "threads/thread_1%2Fruns", "threads/t%2fruns", "threads/t/run%73",
        "threads/t/%52UNS",
        "threads/t/runs;x", "threads/t;x/runs", "threads/t/runs%3Bx", "threads/t/%2572uns", "threads//runs",
        "threads/./runs", "threads/x/../runs", "threads/t/runs%3Fx", "threads/t/runs%23x", "%74hreads/runs",
        "chat/completion%73", "chat%2Fcompletions", "chat;x/completions", "chat/completions;x",
        "chat/./completions", "chat//completions", "%63hat/completions", "audio%2Fspeech", "audio/%73peech",
        "images/generation%73", "images;/generations", "responses/x%2F..%2F..%2Fresponses", "batches%2F",
        "files/x%2F..%2F..%2Fbatches", "files/%2e%2e/batches", "models/%2e%2e%2fbatches",
        "models/..%2Fbatches",
        "organization%20/users", "%6frganization/users", "organization;x/users", "organization%2Fusers",
        "models/x;y", "realtime/client_secret%73", "realtime%2fsessions", "%6de", "usag%65", "dashboard%2Fx",
        "models/%252e%252e%252forganization%252fusers",
    ].flatMap { path in
        [Case(.open, "POST /v1/\(path)", 400, json: body), Case(.files, "POST /v1/\(path)", 400, json: body)]
    }

    /// Spellings that pass are what the plain path is: with no request left, all of them are refused.
    nonisolated static let folded: [Case] = [
        "threads/RUNS", "Threads/Runs", "threads/t/RUNS/", "threads/t/runs/", "THREADS/runs?x=/cancel",
        "chat/Completions", "CHAT/COMPLETIONS/", "chat/completions?x=/messages", "Embeddings/", "RESPONSES",
        "responses/COMPACT", "Images/Generations", "AUDIO/Speech/", "Batches", "batches/", "Completions",
        "chat/completions/x", "chat/completions/x/y", "files/f/anew", "models/x", "models", "moderations/x",
        "images/x",
        "assistants/a/b", "conversations/c/items/i", "vector_stores/v/x", "uploads/u/x", "containers/c",
        "skills/s/x", "threads/t/messages/m/x",
        "responses/r/anew", "evals/e/runs", "videos", "videos/v/remix", "fine_tuning/jobs", "messages",
        "rerank",
        "engines/m/completions", "openai/deployments/m/embeddings", "chat/x", "agents",
    ].map { Case(.files, "POST /v1/\($0)", 429, json: body) }

    /// A model that is named elsewhere than where it is read.
    nonisolated static let decoys: [Case] = [
        Case(.model, "POST /v1/batches", 403, json: decoy), Case(.cost, "POST /v1/batches", 403, json: decoy),
        Case(.tokens, "POST /v1/batches", 403, json: decoy),
        Case(.model, "POST /v1/realtime/client_secrets", 403, json: decoy),
        Case(.open, "POST /v1/realtime/client_secrets", 403, json: decoy),
        Case(.model, "POST /v1/realtime/calls", 403, json: decoy),
        Case(.model, "POST /v1/evals", 403, json: decoy),
        Case(.tokens, "POST /v1/evals/e/runs", 403, json: decoy),
        Case(.model, "POST /v1/engines/o1-pro/completions", 403, json: decoy),
        Case(.cost, "POST /v1/engines/o1-pro/completions", 403, json: decoy),
        Case(.model, "POST /v1/openai/deployments/o1-pro/chat/completions", 403, json: decoy),
        Case(.model, "POST /v1/Engines/o1-pro/completions/", 403, json: decoy),
        Case(.model, "POST /v1/assistants", 403, json: #"{"model":"o1-pro"}"#),
        Case(.model, "POST /v1/assistants/a", 403, json: #"{"model":"o1-pro"}"#),
        Case(.model, "POST /v1/threads/t/runs", 403, json: #"{"assistant_id":"a"}"#),
        Case(.model, "POST /v1/threads/runs", 403, json: #"{"model":"o1-pro"}"#),
        Case(.model, "POST /v1/threads/t/runs", 200, json: #"{"model":"gpt-4o-mini","assistant_id":"a"}"#),
        Case(.tokens, "POST /v1/threads/t/runs", 403, json: #"{"model":"gpt-4o-mini"}"#),
        Case(.model, "POST /v1/threads/t/runs/r/submit_tool_outputs", 403, json: decoy),
        Case(.model, "POST /v1/videos/v/remix", 403, json: decoy),
        Case(.cost, "POST /v1/videos", 403, json: body),
        Case(.cost, "POST /v1/videos", 403, form: "gpt-4o-mini"),
        Case(.model, "POST /v1/videos", 403, form: "o1-pro"),
        Case(.model, "POST /v1/videos", 200, form: "gpt-4o-mini"),
        Case(.cost, "POST /v1/fine_tuning/jobs", 403, json: body),
        Case(.model, "POST /v1/audio/transcriptions", 403, form: "o1-pro"),
        Case(.model, "POST /v1/images/edits", 403, form: "o1-pro"),
        Case(.model, "POST /v1/messages", 403, json: #"{"model":"o1-pro","messages":[]}"#),
        Case(.model, "POST /v1/messages/batches", 403, json: decoy),
        Case(.model, "POST /v1/chat/completions", 403, json: #"{"model":"gpt-4o-mini","models":["o1-pro"]}"#),
        Case(.model, "POST /v1/chat/completions", 403, json: #"{"model":"gpt-4o-mini","Models":["o1-pro"]}"#),
        Case(
            .model, "POST /v1/chat/completions", 403, json: #"{"model":"gpt-4o-mini","fallbacks":["o1-pro"]}"#
        ),
        Case(.cost, "POST /v1/chat/completions", 403, json: #"{"model":"gpt-4o-mini","models":["o1-pro"]}"#),
        Case(
            .model, "POST /v1/responses", 403,
            json:
                #"{"model":"gpt-4o-mini","input":"a","tools":[{"type":"image_generation","model":"o1-pro"}]}"#
        ),
        Case(
            .model, "POST /v1/responses", 403,
            json:
                #"{"model":"gpt-4o-mini","input":"a","tools":[{"type":"image_generation","#
                + #""m\u006fdel":"o1-pro"}]}"#
        ),
        Case(
            .cost, "POST /v1/responses", 403,
            json:
                #"{"model":"gpt-4o-mini","input":"a","tools":[{"type":"image_generation","model":"o1-pro"}]}"#
        ),
        Case(
            .model, "POST /v1/responses", 200,
            json: #"{"model":"gpt-4o-mini","input":"a","tools":[{"type":"function","name":"f"}]}"#),
        Case(.model, "POST /v1/chat/completions", 400, json: #"{"model":"gpt-4o-mini","model":"o1-pro"}"#),
        Case(.model, "POST /v1/chat/completions", 403, json: #"{"messages":[]}"#),
        Case(.open, "DELETE /v1/models/ft:x", 403), Case(.open, "DELETE /v1/MODELS/x/", 403),
        Case(.open, "DELETE /models/x", 403), Case(.open, "GET /v1/me", 403),
        Case(.open, "GET /v1/usage?x", 403),
        Case(.open, "GET /v1/dashboard/billing/usage", 403), Case(.open, "GET /v1/Organization/users", 403),
        Case(.open, "GET /v1/next_month", 403), Case(.open, "GET /v1/models", 200),
    ]

    /// What heads and forms could smuggle.
    nonisolated static let heads: [Case] = [
        Case(.open, "GET /v1/models", 400, json: body), Case(.open, "DELETE /v1/files/f", 400, json: body),
        Case(.open, "GET /v1/chat/completions", 400, "Transfer-Encoding: chunked\r\n"),
        Case(.files, "GET /v1/chat/completions", 200, "X-HTTP-Method-Override: POST\r\n"),
        Case(.files, "GET /v1/chat/completions", 200, "X-HTTP-Method: POST\r\n"),
        Case(.files, "GET /v1/chat/completions", 200, "X-Method-Override: POST\r\n"),
        Case(.files, "GET /v1/files", 200, "X-Original-URL: /v1/organization/users\r\n"),
        Case(.files, "POST /v1/files", 200, "X-Rewrite-URL: /v1/chat/completions\r\n", json: body),
        Case(.open, "POST /v1/chat/completions", 400, "Content-Type: application/json\r\n", json: body),
        Case(.open, "POST /v1/files", 400, "Content-Type: text/plain\r\n", json: body),
        Case(.open, "POST /v1/chat/completions", 415, "content-type: application/json; charset=utf-16\r\n"),
        Case(
            .open, "POST /v1/chat/completions", 415,
            "content-type: application/json;charset=\"ISO-8859-1\"\r\n"),
        Case(
            .open, "POST /v1/chat/completions", 200, "content-type: application/json; charset=\"UTF-8\"\r\n"),
        Case(.tokens, "POST /v1/chat/completions", 415, "content-type: text/plain; charset=utf-7\r\n"),
    ]

    nonisolated static let cases = spellings + folded + decoys + heads

    private func text(_ test: Case, _ name: String, _ access: Latchkey.Access) -> String {
        let words = test.line.split(separator: " ").map(String.init)
        var fields = "X-Case: \(name)\r\n\(test.fields)"
        if let form = test.form {
            let body =
                "--b\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\n\(form)\r\n--b--\r\n"
            fields +=
                "Content-Type: multipart/form-data; boundary=b\r\nContent-Length: \(body.utf8.count)\r\n"
            return request(words[0], words[1], access, fields) + body
        }
        if test.fields.hasPrefix("content-type") {
            fields += "Content-Length: \(Self.body.utf8.count)\r\n"
            return request(words[0], words[1], access, fields) + Self.body
        }
        if test.fields.contains("chunked") {
            return request(words[0], words[1], access, fields) + "2\r\n{}\r\n0\r\n\r\n"
        }
        return request(words[0], words[1], access, fields, json: test.json)
    }

    @Test func `nothing that was not granted or is not charged arrives, however it is asked for`()
        async throws
    {
        #expect(Self.cases.count + Self.segments.count * 4 >= 150)
        let upstream = try LenientUpstream()
        let server = try await Latchkey()
        let project = try await server.project(at: upstream.port)
        let tokens: [Token: Latchkey.Access] = [
            .open: try await server.issue(for: project),
            .model: try await server.issue(for: project, grants: [mini()]),
            .cost: try await server.issue(for: project, limits: ["cost=1000/day"]),
            .tokens: try await server.issue(for: project, limits: ["tokens=100000000/day"]),
            .files: try await server.issue(for: project, limits: ["cost=0/day", "tokens=0/day"]),
        ]
        var charged: [String: Bool] = [:]
        for (number, test) in Self.cases.enumerated() {
            let name = "case-\(number)"
            let access = try #require(tokens[test.token])
            let client = try server.connect()
            try client.send(text(test, name, access))
            let answer = try client.readMessage()
            let status = test.status == 429 ? [429, 403] : [test.status]
            #expect(status.contains(answer.status), "\(test): \(answer.start) \(answer.text)")
            let deed = upstream.deed(in: name)
            #expect((deed == nil) == (answer.status != 200), "\(test)")
            guard let deed else { continue }
            charged[name] = deed.isBilled
            #expect(!deed.hasPower, "\(test)")
            if test.token == .model { #expect(deed.models.subtracting(["gpt-4o-mini"]) == [], "\(test)") }
            if test.token == .files { #expect(!deed.isBilled, "\(test)") }
        }
        let rows = try await server.ledger(charged.count)
        for row in rows {
            let name = row.upstreamRequestID?.rawValue ?? ""
            if charged[name] == true { #expect(row.usage.tokens > 0, "\(name)") }
        }
        await server.stop()
    }
}
