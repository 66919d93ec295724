import Domain
import Foundation
import HTTPTypes
import Hummingbird
import Storage
import Synchronization
import Testing
import Vault

@testable import Admin

@Suite struct AuthenticationTests {
    @Test func `every route declares who may call it, and few are public`() async throws {
        let fixture = try await AdminFixture()
        let open = fixture.router.routes.filter { $0.authentication == .anyone }.map(\.path)
        let documents = ["openapi.json", "docs", "docs/page.js", "docs/page.css"].map { "/manage/\($0)" }
        let others = [
            "/live", "/ready", "/health", "/claim", "/claim/claim.css", "/claim/claim.js",
            "/claim/preview", "/revoke", "/hooks/github/secret-scanning",
        ]
        #expect(Set(open) == Set(others + documents))
        let ofHolders = fixture.router.routes.filter { $0.authentication == .accessToken }.map(\.path)
        #expect(Set(ofHolders) == ["/me", "/me/explain"])
        #expect(fixture.router.routes.count > open.count + ofHolders.count)
        #expect(
            fixture.router.routes.allSatisfy {
                $0.path.hasPrefix("/manage/") || $0.path == "/metrics" || !$0.isManaged
            })
    }

    @Test func `no management route answers without a good key`() async throws {
        let fixture = try await AdminFixture()
        let minted = fixture.keyRing.mint(.managementKey).text.reveal()
        let accessToken = fixture.keyRing.mint(.accessToken).text.reveal()
        let mistyped = String(fixture.key.dropLast()) + (fixture.key.hasSuffix("0") ? "1" : "0")
        let values: [String?] = [
            nil, "", "Bearer", "Bearer ", "Basic \(fixture.key)", fixture.key, "Bearer \(minted)",
            "Bearer \(accessToken)", "Bearer \(mistyped)", "Bearer  \(fixture.key)", "Bearer \(fixture.key)x",
            "Bearer short",
            "Bearer " + String(repeating: "x", count: 40),
        ]
        for route in fixture.router.routes where route.isManaged {
            for value in values {
                let path = route.path.replacing("{id}", with: "acme").replacing("{model}", with: "gpt-4.1")
                    .replacing("{credential}", with: "cred_000000000000")
                let answer = try await fixture.send(route.method, path, "{}", authorization: value)
                #expect(answer.status == 401, "\(route.method) \(path) with \(value ?? "nothing")")
                #expect(answer.headers[.wwwAuthenticate] == "Bearer")
                var problem = try answer.problem()
                #expect(problem.detail.contains("lkm_"))
                problem.detail = Problem.unauthorized.detail
                #expect(problem == .unauthorized)
            }
        }
        #expect(fixture.published.events.isEmpty)
        #expect(try await fixture.store.listProjects(limit: 10).items.isEmpty)
    }

    @Test func `a credential that is in the wrong place is told by its form alone`() async throws {
        let fixture = try await AdminFixture()
        let accessToken = fixture.keyRing.mint(.accessToken).text.reveal()
        for (value, words) in [
            ("Bearer \(accessToken)", "an access token"), ("bearer  lk_x", "an access token"),
            ("Bearer lki_x", "an invitation"), (fixture.key, "'Bearer KEY'"), ("Basic eDp5", "'Bearer KEY'"),
            ("", "'Bearer KEY'"), ("Bearer \(fixture.key)x", "not revoked"), ("Bearer sk-x", "not revoked"),
        ] {
            let detail = try await fixture.send(.get, "/manage/projects", authorization: value).problem()
                .detail
            #expect(detail.contains(words) && !detail.contains(fixture.key), "\(value)")
        }
    }

    @Test func `a revoked management key is refused at once`() async throws {
        let fixture = try await AdminFixture()
        let other: ManagementKeyResource = try await fixture.send(
            .post, "/manage/keys", #"{"name":"other","role":"admin"}"#
        ).decoded()
        let bearer = "Bearer \(try #require(other.key))"
        #expect(try await fixture.send(.get, "/manage/keys", authorization: bearer).status == 200)
        #expect(try await fixture.send(.post, "/manage/keys/\(other.id)/revoke").status == 200)
        #expect(try await fixture.send(.get, "/manage/keys", authorization: bearer).status == 401)
    }

    @Test func `whose logins fail again and again has to wait, but for a right key, and others do not`()
        async throws
    {
        let fixture = try await AdminFixture()
        let now = Mutex<Int64>(0)
        let authenticator = Authenticator(
            store: fixture.store, keyRing: fixture.keyRing, gate: LoginGate { now.withLock { $0 } })
        let client = try #require(IPAddress("192.0.2.1"))
        let right: HTTPFields = [.authorization: "Bearer \(fixture.key)"]
        for _ in 1...9 {
            await #expect(throws: Problem.unauthorized) {
                try await authenticator.caller(of: [:], from: client)
            }
        }
        for wrong in [
            fixture.keyRing.mint(.managementKey).text.reveal(),
            fixture.keyRing.mint(.accessToken).text.reveal(),
            "x", String(repeating: "x", count: 40), "",
        ] {
            let wrong: HTTPFields = [.authorization: "Bearer \(wrong)"]
            await #expect {
                try await authenticator.caller(of: wrong, from: client)
            } throws: { ($0 as? Problem)?.status == 401 }
        }
        for headers in [[:], [.authorization: "Bearer x"]] as [HTTPFields] {
            await #expect(throws: Problem.tooManyLogins(seconds: 1)) {
                try await authenticator.caller(of: headers, from: client)
            }
        }
        // A right key gets in, one that nobody knows yet once a second, and from then on as often as it is
        // used.
        for _ in 1...5 { #expect(try await authenticator.caller(of: right, from: client).role == .admin) }
        // It has not ended the wait of the others.
        await #expect(throws: Problem.tooManyLogins(seconds: 1)) {
            try await authenticator.caller(of: [.authorization: "Bearer x"], from: client)
        }
        let other = try #require(IPAddress("192.0.2.2"))
        #expect(try await authenticator.caller(of: right, from: other).role == .admin)
        now.withLock { $0 = 1000 }
        #expect(try await authenticator.caller(of: right, from: client).role == .admin)
        await #expect(throws: Problem.unauthorized) {
            try await authenticator.caller(of: [.authorization: "Bearer x"], from: client)
        }
        #expect(try await authenticator.caller(of: right, from: client).role == .admin)
    }

    @Test func `having to wait is a problem that says how long`() throws {
        let answer = Answer.problem(.tooManyLogins(seconds: 32))
        #expect(answer.status == .tooManyRequests)
        #expect(answer.headers[.retryAfter] == "32")
        let text = String(
            decoding: try JSONEncoder().encode(Problem.tooManyLogins(seconds: 32)), as: UTF8.self)
        #expect(text.contains(#""retry_after":32"#))
        #expect(Answer.problem(.notFound).headers[.retryAfter] == nil)
    }

    @Test func `a key that the operator brought is known by its hash`() async throws {
        let fixture = try await AdminFixture(key: "a-key-of-the-operator's-own-choice")
        #expect(try await fixture.send(.get, "/manage/keys").status == 200)
        let other = "Bearer a-key-of-the-operator's-own-choicX"
        #expect(try await fixture.send(.get, "/manage/keys", authorization: other).status == 401)
    }

    @Test func `what cannot be a management key is told without a look into the store`() {
        func isRefused(_ text: String) -> Bool { ManagementKeyRule.flaw(in: Secret(utf8: text)) != nil }
        #expect(isRefused(String(repeating: "x", count: 31)))
        #expect(isRefused(String(repeating: "ü", count: 31)))
        #expect(isRefused(String(repeating: "x", count: 1025)))
        #expect(isRefused("lkm_" + String(repeating: "0", count: 62)))
        #expect(isRefused("lk_" + String(repeating: "0", count: 62)))
        #expect(isRefused(String(repeating: "x", count: 32) + "\n"))
        #expect(isRefused(String(repeating: "x", count: 32) + " "))
        #expect(!isRefused(String(repeating: "x", count: 32)))
        #expect(!isRefused(String(repeating: "ü ", count: 16) + "x"))
    }

    @Test(arguments: ["/live", "/nothing", "/manage/projects", "/manage/tokens/x/revoke"])
    func `the answer to HEAD never has a body`(_ path: String) async throws {
        let fixture = try await AdminFixture()
        for authorization in [nil, "Bearer \(fixture.key)"] {
            #expect(try await fixture.send(.head, path, authorization: authorization).body.isEmpty)
        }
        #expect(try await fixture.send(.head, "/live", authorization: nil).status == 200)
        #expect(try await fixture.send(.head, "/manage/projects", authorization: nil).status == 401)
    }

    @Test func `a path or method that is not there is a problem, with a request id`() async throws {
        let fixture = try await AdminFixture()
        for path in [
            "/", "/manage", "/manage/", "/manage/nothing", "/manage/projects/a/b", "/manage/chat/completions",
            "/admin/models", "/v2", "/favicon.ico", "/foo/bar",
        ] {
            let answer = try await fixture.send(.get, path)
            #expect(try answer.problem() == .notFound, "\(path)")
            #expect(answer.headers[.latchkeyRequestID]?.count == 16)
        }
        let answer = try await fixture.send(.delete, "/manage/projects")
        #expect(answer.status == 405)
        #expect(try answer.problem().detail == "This path takes GET, POST.")
    }

    @Test func `a call of the API that went astray is answered as by the API`() async throws {
        let fixture = try await AdminFixture()
        let accessToken = "Bearer " + fixture.keyRing.mint(.accessToken).text.reveal()
        for (path, authorization) in [
            ("/foo/chat/completions", nil), ("/openai/v1/models/x?y", accessToken), ("/x", accessToken),
            ("/", accessToken),
        ] {
            let answer = try await fixture.send(.post, path, "{}", authorization: authorization)
            #expect(answer.status == 404 && answer.headers[.contentType] == "application/json", "\(path)")
            #expect(
                answer.headers[.latchkeyError] == "unknown_url" && answer.headers[.latchkeyRequestID] != nil)
            #expect(answer.text.contains("Set base_url to http://localhost/v1"), "\(path)")
        }
        // Below its own paths there is none, whoever calls.
        for path in [
            "/manage/chat/completions", "/me/models", "/claim/v1/models", "/live/sessions", "/admin/models",
        ] {
            let answer = try await fixture.send(.get, path, authorization: accessToken)
            #expect(try answer.problem() == .notFound, "\(path)")
        }
    }
}
