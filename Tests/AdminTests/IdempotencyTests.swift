import Domain
import Foundation
import GRDB
import HTTPTypes
import Synchronization
import Testing

@testable import Admin
@testable import Storage

@Suite struct IdempotencyTests {
    private static let issue = #"{"project":"acme","name":"bob","expires_in":60}"#

    private func events(_ fixture: AdminFixture, _ action: AuditEvent.Action) async throws -> Int {
        try await fixture.store.auditEvents(limit: 1000).count { $0.event.action == action }
    }

    @Test func `a repeated create makes nothing, and shows what was made without its secret`() async throws {
        let fixture = try await AdminFixture()
        let project = try await fixture.project("acme")
        let creates = [
            ("/manage/projects", #"{"name":"other","upstream_url":"dummy:"}"#, "upstream_key"),
            ("/manage/tokens", Self.issue, "token"),
            ("/manage/keys", #"{"name":"ci","role":"read"}"#, "key"),
            ("/manage/projects/acme/credentials", #"{"name":"2027","key":"sk-1"}"#, "key"),
            ("/manage/invitations", #"{"project":"acme","name":"bob","token_expires_in":60}"#, "url"),
            ("/manage/backups", "", "audit_head"),
        ]
        for (path, body, secret) in creates {
            let first = try await fixture.send(.post, path, body, headers: [.idempotencyKey: "k"])
            let second = try await fixture.send(.post, path, body, headers: [.idempotencyKey: "k"])
            #expect(first.status == 201 && second.status == 201, "\(path)")
            #expect(first.headers[.idempotencyReplayed] == nil)
            #expect(second.headers[.idempotencyReplayed] == "true")
            let made = try JSONValue(parsing: Array(first.body)).members
            let again = try JSONValue(parsing: Array(second.body)).members
            // What is sent to make it is never shown.
            let isShown = !body.contains("upstream_url") && !body.contains(#""key":"#)
            #expect(made.contains { $0.key == secret } == isShown, "\(path)")
            let once: Set = [secret, "base_url", "base_url_assumed"]
            #expect(again == made.filter { !once.contains($0.key) }, "\(path)")
        }
        #expect(try await events(fixture, .tokenIssued) == 1)
        #expect(try await events(fixture, .managementKeyCreated) == 2)
        #expect(try await events(fixture, .credentialRotated) == 1)
        #expect(try await events(fixture, .invitationCreated) == 1)
        #expect(try await events(fixture, .backupCreated) == 1)
        let tokens = try await fixture.store.listAccessTokens(of: ProjectID(project.id), limit: 10)
        #expect(tokens.items.count == 1)
    }

    @Test func `a hundred creates at once with one key make one access token`() async throws {
        let fixture = try await AdminFixture()
        try await fixture.project("acme")
        let answers = try await withThrowingTaskGroup(of: AdminFixture.Answer.self) { group in
            for _ in 0..<100 {
                group.addTask {
                    try await fixture.send(
                        .post, "/manage/tokens", Self.issue, headers: [.idempotencyKey: "one"])
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        let resources = try answers.map { try $0.decoded(AccessTokenResource.self) }
        #expect(answers.allSatisfy { $0.status == 201 })
        #expect(Set(resources.map(\.id)).count == 1)
        #expect(resources.count { $0.token != nil } == 1)
        #expect(answers.count { $0.headers[.idempotencyReplayed] == nil } == 1)
        #expect(try await fixture.store.listAccessTokens(limit: 10).items.count == 1)
        #expect(try await events(fixture, .tokenIssued) == 1)
    }

    @Test func `the same key with another body is refused, and changes nothing`() async throws {
        let fixture = try await AdminFixture()
        try await fixture.project("acme")
        _ = try await fixture.send(.post, "/manage/tokens", Self.issue, headers: [.idempotencyKey: "k"])
        let answer = try await fixture.send(
            .post, "/manage/tokens", Self.issue.replacing("bob", with: "eve"), headers: [.idempotencyKey: "k"]
        )
        #expect(answer.status == 422)
        #expect(try answer.problem() == .keyReused)
        #expect(try await events(fixture, .tokenIssued) == 1)
    }

    @Test func `a key is one operator's, for one route, for a day`() async throws {
        let fixture = try await AdminFixture()
        try await fixture.project("acme")
        let other: ManagementKeyResource = try await fixture.send(
            .post, "/manage/keys", #"{"name":"ci","role":"admin"}"#, headers: [.idempotencyKey: "k"]
        ).decoded()
        let once: HTTPFields = [.idempotencyKey: "k"]
        _ = try await fixture.send(.post, "/manage/tokens", Self.issue, headers: once)
        let bearer = "Bearer \(try #require(other.key))"
        let others = try await fixture.send(
            .post, "/manage/tokens", Self.issue, authorization: bearer, headers: once)
        #expect(others.status == 201 && others.headers[.idempotencyReplayed] == nil)
        fixture.state.now.withLock { $0 = $0.adding(milliseconds: IdempotencyClaim.lifetime - 1) }
        let sooner = try await fixture.send(.post, "/manage/tokens", Self.issue, headers: once)
        #expect(sooner.headers[.idempotencyReplayed] == "true")
        fixture.state.now.withLock { $0 = $0.adding(milliseconds: 1) }
        let later = try await fixture.send(.post, "/manage/tokens", Self.issue, headers: once)
        #expect(later.status == 201 && later.headers[.idempotencyReplayed] == nil)
        #expect(try await events(fixture, .tokenIssued) == 3)
    }

    @Test func `what was refused may be tried again under its key`() async throws {
        let fixture = try await AdminFixture()
        let once: HTTPFields = [.idempotencyKey: "k"]
        #expect(try await fixture.send(.post, "/manage/tokens", Self.issue, headers: once).status == 422)
        try await fixture.project("acme")
        let answer = try await fixture.send(.post, "/manage/tokens", Self.issue, headers: once)
        #expect(answer.status == 201 && answer.headers[.idempotencyReplayed] == nil)
    }

    @Test func `what was right when it was done is answered, though it would be refused by now`() async throws
    {
        let fixture = try await AdminFixture()
        try await fixture.project("acme")
        let end = fixture.state.now.withLock { $0 }.adding(milliseconds: 1000).rfc3339
        let body = #"{"project":"acme","name":"bob","expires_at":"\#(end)"}"#
        let once: HTTPFields = [.idempotencyKey: "k"]
        #expect(try await fixture.send(.post, "/manage/tokens", body, headers: once).status == 201)
        fixture.state.now.withLock { $0 = $0.adding(milliseconds: 5000) }
        #expect(try await fixture.send(.post, "/manage/tokens", body).status == 422)
        let again = try await fixture.send(.post, "/manage/tokens", body, headers: once)
        #expect(again.status == 201 && again.headers[.idempotencyReplayed] == "true")
    }

    @Test func `what the system does by the way does not use up the key`() async throws {
        let fixture = try await AdminFixture()
        try await fixture.project("acme")
        let path = "/manage/projects/acme/credentials"
        _ = try await fixture.send(.post, path, #"{"name":"first","key":"sk-1"}"#)
        _ = try await fixture.send(.post, path, #"{"name":"second","key":"sk-2","overlap_seconds":1}"#)
        fixture.state.now.withLock { $0 = $0.adding(milliseconds: 1000) }
        let body = #"{"name":"third","key":"sk-3"}"#
        let once: HTTPFields = [.idempotencyKey: "k"]
        let made = try await fixture.send(.post, path, body, headers: once)
        let again = try await fixture.send(.post, path, body, headers: once)
        #expect(made.status == 201 && again.status == 201)
        #expect(made.body == again.body && again.headers[.idempotencyReplayed] == "true")
        #expect(try await events(fixture, .credentialRemoved) == 1)
        #expect(try await events(fixture, .credentialRotated) == 3)
    }

    @Test func `a repeated top-up adds once`() async throws {
        let fixture = try await AdminFixture()
        try await fixture.project("acme")
        _ = try await fixture.send(.patch, "/manage/projects/acme", #"{"limits":["requests=5/day"]}"#)
        for _ in 0..<3 {
            let answer = try await fixture.send(
                .post, "/manage/projects/acme/limits/top-up", #"{"limit":"requests/day","amount":10}"#,
                headers: [.idempotencyKey: "k"])
            #expect(answer.status == 200)
            #expect(try answer.decoded(ProjectResource.self).limits.first?.toppedUp == .number(10))
        }
    }

    @Test(arguments: ["", " ", "a b", "ü", String(repeating: "k", count: 256)])
    func `what is no key is refused`(_ key: String) async throws {
        let fixture = try await AdminFixture()
        let answer = try await fixture.send(
            .post, "/manage/keys", #"{"name":"ci","role":"read"}"#, headers: [.idempotencyKey: key])
        #expect(answer.status == 422)
        #expect(try answer.problem().errors?.map(\.pointer) == ["Idempotency-Key"])
        #expect(try await events(fixture, .managementKeyCreated) == 1)
    }

    @Test func `every route that makes something takes an Idempotency-Key`() async throws {
        let fixture = try await AdminFixture()
        let described = try Described()
        for route in fixture.router.routes where route.isManaged && route.method == .post {
            let operation = try #require(described.operation(of: route))
            #expect((route.replay != nil) || operation["responses"]?["201"] == nil, "\(route.path)")
        }
    }

    @Test func `claims past their lifetime are dropped some at a time, and their keys can be used again`()
        async throws
    {
        let fixture = try await AdminFixture()
        try await fixture.project("acme")
        let count = 2 * IdempotencyClaim.dropLimit + 10
        try await fixture.execute(
            """
            WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < \(count))
            INSERT INTO idempotency_claims
            SELECT principal, 'POST /manage/tokens', 'k' || i, zeroblob(32), 201, 'gone', i
            FROM n, (SELECT principal FROM audit_events ORDER BY seq DESC LIMIT 1)
            """)
        func left() async throws -> Int {
            try await fixture.store.database.read { database in
                try Int.fetchOne(
                    database, sql: "SELECT count(*) FROM idempotency_claims WHERE subject = 'gone'") ?? 0
            }
        }
        #expect(try await left() == count)
        // The last of them is not dropped yet.
        let answer = try await fixture.send(
            .post, "/manage/tokens", Self.issue, headers: [.idempotencyKey: "k\(count)"])
        #expect(answer.status == 201 && answer.headers[.idempotencyReplayed] == nil)
        #expect(try await left() == count - IdempotencyClaim.dropLimit - 1)
        let again = try await fixture.send(
            .post, "/manage/tokens", Self.issue, headers: [.idempotencyKey: "k\(count)"])
        #expect(again.headers[.idempotencyReplayed] == "true")
        #expect(try await left() == count - IdempotencyClaim.dropLimit - 1)
    }
}
