import Domain
import Testing

@testable import Gateway

/// What may be asked of an upstream at all: method and target, before anything else.
struct PathPolicyTests {
    private func endpoint(of target: String, method: RequestMethod = .get) throws(Rejection) -> Endpoint {
        var target = target
        let decision = target.withUTF8 { bytes in
            Result { () throws(Rejection) in try PathPolicy.check(method, UnsafeRawBufferPointer(bytes)) }
        }
        return try decision.get()
    }

    private func rejection(of target: String, method: RequestMethod = .get) -> Rejection? {
        do throws(Rejection) {
            _ = try endpoint(of: target, method: method)
            return nil
        } catch {
            return error
        }
    }

    @Test(arguments: [
        "/v1/models", "/v1/models/", "/v1/models?after=x&limit=2", "/v1/files/file-1/content",
        "/v1/a.b/..c/.d",
        "/v1/models/ft:gpt-4o:org::id", "/v1/models/org%2Fllama", "/v1/models/org%2fllama%2F3",
        "/v1/models/%E2%82%AC", "/v1/models/...", "/v1/models/%3F%23", "/v1/threads/t/runs/r/steps/s",
        "/v1/models/a%2F...%2Fb", "/v1/files/a%3Ab", "/v1/chat/completions?x=%zz&y=%",
        "/v1/x?a=//../b%2e%5c\\",
        "/v1/x??", "/v1/organizations", "/v1/project", "/v1/files/organization/projects",
    ])
    func `an ordinary target passes as it stands`(target: String) throws {
        let endpoint = try endpoint(of: target)

        #expect(
            target.utf8.dropFirst(3).prefix(endpoint.path.count).elementsEqual(
                (target.split(separator: "?", maxSplits: 1)[0]).utf8.dropFirst(3)))
    }

    @Test(arguments: [
        // Not of origin form
        "", "*", "v1/models", "@evil.test:443", "evil.test:443", "http://evil.test/v1/models", "?/v1/models",
        // Dot segments
        "/v1/.", "/v1/..", "/v1/../admin",
        "/v1/./models", "/v1/models/..", "/v1/models/../../manage", "/v1/models/..?x", "/./v1/models",
        "/../v1/x",
        // The same, to a server that cuts path parameters off
        "/v1/..;/manage", "/v1/models/..;x=1/y", "/v1/.;/x", "/v1/;/x", "/v1/;x", "/v1/..%3bx/y",
        // The same, after decoding
        "/v1/%2e", "/v1/%2e%2e/manage", "/v1/.%2E/manage", "/v1/models/a%2eb", "/v1/models/%2E%2e%2Fmanage",
        "/v1/models/..%2Fmanage", "/v1/models/a%2F..", "/v1/models/a%2F..%2Fb", "/v1/models/a%2F.%2Fb",
        "/v1/models/a%2F", "/v1/models/%2Fa", "/v1/models/a%2F%2Fb", "/v1/models/a%2F/b", "/v1/models/a/%2Fb",
        "/v1/models/a%2f?x",
        // Path parameters, which some servers cut off
        "/v1/models/x;y=1", "/v1/threads;x/runs", "/v1/threads/runs;x", "/v1/threads/runs%3Bx",
        "/threads/runs;x",
        // Escapes that hide a name
        "/v1/%61udio/speech", "/v1/threads/%72uns", "/v1/threads/t/%52uns", "/v1/threads/run%73/",
        "/v1/a/%30",
        "/v1/a/%2D", "/v1/a/%5f", "/v1/a/%7E", "/v1/%41", "/v1/%20", "/v1/organization%20/users",
        "/v1/%E2%82%AC",
        "/threads/%72uns", "/v1/models/%61",
        // What is decoded twice
        "/v1/threads/%2572uns", "/v1/models/%252e%252e%252forganization",
        // A divider that is encoded, but in the id of a model
        "/v1/threads/thread_1%2Fruns", "/v1/files/a%2Fb", "/v1/files/a%3Fb", "/v1/files/a%23b",
        "/v1/files/a%20b", "/v1/threads/runs%20", "/v1/threads/t/run%C5%BF",
        "/v1/model/a%2Fb",
        "/v1/modelsx/a%2Fb", "/files/a%2fb",
        // An encoded slash in the first segment or before it
        "/v1/models%2Fx", "/v1%2Fmodels", "/v1/a%2F..%2F..%2Fmanage/x", "/%2Fv1/models",
        // Backslashes
        "/v1\\models", "/v1/models\\..\\x", "/v1/models/%5C", "/v1/models/a%5cb", "\\v1\\models",
        // Bytes that may not stand in a target
        "/v1/models#x", "/v1/models/a b", "/v1/models\t", "/v1/models\n", "/v1/models/\u{0}",
        "/v1/models/\u{7F}",
        "/v1/models/ü", "/v1/models/\u{1F511}", "/v1/models?a=b#c", "/v1/models?a b", "/v1/models?ü",
        "/v1/models?a\u{1}", "/v1/models?\u{7F}", "/v1/models? ",
        // Encoded control characters
        "/v1/models/%00", "/v1/models/a%0d%0aHost:x", "/v1/models/%1F", "/v1/models/%7f",
        // Escapes that are none
        "/v1/models/%", "/v1/models/%2", "/v1/models/%zz", "/v1/models/%2?f", "/v1/models/%-1",
        "/v1/models/%u002e",
        // The same without /v1
        "/models/..", "/models/../v1/models", "/models/%2e%2e/manage", "/models/..;/manage", "/models/a%2F..",
        "/models/%2Fa", "/models/a%2F", "/models%2Fa/b", "/chat/..%2fmanage", "/files/%5c", "/files/a#b",
        "/files/%",
    ])
    func `a target that two readers could take for two paths is refused`(target: String) {
        #expect(rejection(of: target) == .malformedRequest(.target))
    }

    @Test(arguments: [
        "//v1/models", "/v1//models", "/v1/models//x", "/v1/models//", "/v1//", "//models", "/models//x",
        "//",
    ])
    func `a doubled slash is refused by its name`(target: String) {
        #expect(rejection(of: target) == .malformedRequest(.emptySegment))
    }

    @Test(
        arguments: [
            ("/v1", .baseURLAlone), ("/v1/", .baseURLAlone), ("/v1?x", .baseURLAlone),
            ("/v1/?x", .baseURLAlone),
            ("/v1/v1", .versionTwice), ("/v1/v1/", .versionTwice), ("/v1/v1/chat/completions", .versionTwice),
            ("/v1/V1/models", .versionTwice),
            ("/v1/chat/completions/chat/completions", .endpointTwice),
            ("/v1/embeddings/embeddings", .endpointTwice),
            ("/chat/completions/chat/completions", .endpointTwice),
            ("/v1/responses/responses/x", .endpointTwice),
            ("/", .elsewhere), ("/v1x/models", .elsewhere), ("/v2/models", .elsewhere),
            ("/V1/models", .elsewhere),
            ("/%761/models", .elsewhere), ("/foo/chat/completions", .elsewhere), ("/Models", .elsewhere),
            ("/%6dodels", .elsewhere), ("/models;x", .elsewhere), ("/modelsx", .elsewhere),
            ("/live/sessions", .elsewhere),
        ] as [(String, WrongPath.Mistake)])
    func `a path that leads nowhere is told why`(target: String, mistake: WrongPath.Mistake) {
        #expect(rejection(of: target) == .unknownURL(WrongPath(mistake)))
    }

    @Test func `a model's id may be anything`() throws {
        #expect(try endpoint(of: "/v1/models/models").kind == .models)
        #expect(try endpoint(of: "/v1/models/models/gemini-pro").kind == .models)
    }

    @Test(arguments: [
        "chat/completions", "chat/completions/id/messages", "embeddings", "models", "models/",
        "models?after=x&limit=2",
        "models/org%2Fllama", "models/ft:gpt-4o:org::id", "responses/id/cancel", "completions",
        "images/generations",
        "audio/speech", "moderations", "files/f/content", "uploads/u/parts", "batches", "assistants",
        "threads/t/runs",
        "videos/v/content", "realtime/calls", "containers/c/files", "conversations", "evals", "skills/s",
        "vector_stores/v", "fine_tuning/jobs", "chatkit/sessions", "webhook_endpoints", "organization/users",
        "projects",
    ])
    func `a path without v1 is decided on as if it stood in front`(rest: String) throws {
        for method in [RequestMethod.get, .head, .post, .delete] {
            let (alias, plain) = (
                try endpoint(of: "/" + rest, method: method), try endpoint(of: "/v1/" + rest, method: method)
            )
            #expect(alias.kind == plain.kind && alias.method == plain.method)
            #expect(alias.path.lowerBound == 0 && plain.path.lowerBound == 3)
            for (endpoint, target) in [(alias, "/" + rest), (plain, "/v1/" + rest)] {
                var target = target
                let sent = target.withUTF8 { bytes in
                    String(decoding: endpoint.rest(of: UnsafeRawBufferPointer(bytes)), as: UTF8.self)
                }
                #expect(sent == "/" + rest)
            }
        }
        #expect(rejection(of: "/" + rest, method: .put) == .methodNotAllowed)
    }

    @Test(arguments: [
        "/", "/live", "/ready", "/health", "/metrics", "/me", "/me/explain", "/manage", "/manage/projects",
        "/manage/projects/models", "/admin", "/admin/models", "/claim", "/revoke", "/docs", "/hooks/github",
        "/v1x", "/v",
        "/modelsx", "/chats", "/Models", "/models;x", "/%6dodels", "/live/sessions", "//models", "/", "",
    ])
    func `what is the router's stays its own`(target: String) {
        #expect(Array(target.utf8).withUnsafeBytes { !APIPaths.areMeant(by: $0) })
    }

    @Test func `an endpoint within a path that leads nowhere is seen`() {
        for path in [
            "/foo/chat/completions", "/foo/v1/models", "/v1chat/completions",
            "/openai/deployments/x/embeddings?a=b",
            "/api/models/gpt-4", "/v2/models",
        ] {
            #expect(APIPaths.areMeant(within: path), "\(path)")
        }
        for path in ["/", "/favicon.ico", "/foo/bar", "/foo?x=/models", "/foo/modelsx", "/wp-login.php"] {
            #expect(!APIPaths.areMeant(within: path), "\(path)")
        }
    }

    @Test(arguments: [
        "/v1/organization", "/v1/organization/", "/v1/organization/users", "/v1/organization?x",
        "/v1/projects",
        "/v1/projects/p/keys", "/v1/ORGANIZATION/users", "/v1/Projects", "/v1/me", "/v1/usage?x",
        "/v1/dashboard/billing/usage", "/v1/webhook_endpoints", "/v1/vaults/v", "/v1/Safety/x",
    ])
    func `account administration is known in every spelling`(target: String) throws {
        for method in [RequestMethod.get, .post, .delete] {
            #expect(try endpoint(of: target, method: method).kind.isAdministration)
        }
    }

    @Test func `the API's methods pass, HTTP's other methods are not allowed`() throws {
        for (method, expected) in [
            (RequestMethod.get, Endpoint.Method.get), (.head, .head), (.post, .post), (.delete, .delete),
        ] {
            #expect(try endpoint(of: "/v1/files/f", method: method).method == expected)
        }
        for method in [RequestMethod.put, .patch, .options] {
            #expect(rejection(of: "/v1/models", method: method) == .methodNotAllowed)
            #expect(rejection(of: "/v1/../models", method: method) == .malformedRequest(.target))
        }
    }

    @Test(
        arguments: [
            ("chat/completions", .chatCompletions), ("chat/completions/id/messages", .chatCompletions),
            ("Chat/Completions/", .chatCompletions), ("live/sessions", .realtime),
            ("chatkit/sessions", .chatkit),
            ("chat", .other),
            ("chat/", .other), ("chat/x", .other), ("completions", .completions), ("completionsx", .other),
            ("completion", .other), ("embeddings", .embeddings), ("embeddings/", .embeddings),
            ("responses/id/cancel", .responses), ("images/generations", .images), ("audio/speech", .audio),
            ("files/id/content", .files), ("uploads/id/parts", .uploads), ("batches", .batches),
            ("models/x", .models),
            ("moderations", .moderations), ("threads/id/runs", .threads), ("assistants", .assistants),
            ("vector_stores/id", .vectorStores), ("fine_tuning/jobs", .fineTuning),
            ("realtime/calls", .realtime),
            ("videos/id", .videos), ("containers/id/files", .containers), ("conversations", .conversations),
            ("evals", .evals), ("skills/id", .skills), ("x", .other), ("messages", .other),
        ] as [(String, Endpoint.Kind)])
    func `the kind is told by the first segments, however they are spelt`(rest: String, kind: Endpoint.Kind)
        throws
    {
        let target = "/v1/" + rest

        #expect(try endpoint(of: target, method: .post).kind == kind)
    }

    @Test func `deleting a model is an endpoint of its own`() throws {
        for target in ["/v1/models/x", "/models/x/", "/v1/MODELS/org%2Fx", "/v1/models"] {
            #expect(try endpoint(of: target, method: .delete).kind == .modelDeletion)
            #expect(try endpoint(of: target, method: .get).kind == .models)
        }
    }

    @Test(arguments: [
        "responses", "embeddings", "completions", "models", "moderations", "images", "audio", "files",
        "uploads",
        "batches", "assistants", "threads", "videos", "realtime", "containers", "conversations", "evals",
        "skills",
        "vector_stores", "fine_tuning", "organization", "projects", "chat", "chatkit", "agents",
        "content_provenance_checks", "decisions", "safety", "vaults", "webhook_endpoints",
        "webhook_event_types",
        "live", "rerank", "score", "ocr", "fim", "tokenize", "classify", "pooling", "messages", "engines",
        "openai",
        "me", "usage", "dashboard",
    ])
    func `a first segment of the API is known in any case`(name: String) throws {
        for spelling in ["/v1/\(name)", "/v1/\(name.uppercased())/x", "/v1/\(name)/?x"] {
            #expect(try endpoint(of: spelling).isKnown)
        }
        for other in ["/v1/\(name)x", "/v1/\(name)-", "/v1/x\(name)"] {
            #expect(try !endpoint(of: other).isKnown)
        }
    }
}
