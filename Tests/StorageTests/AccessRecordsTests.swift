import Domain
import GRDB
import Testing

@testable import Storage

/// What a start reads of access tokens and their limits.
@Suite struct AccessRecordsTests {
    private let fixture: Fixture
    private var now: Timestamp { fixture.now }

    init() throws { fixture = try Fixture() }

    private func store() async throws -> (Store, Project) {
        let store = try await fixture.create()
        let project = try fixture.project()
        try await store.createProject(
            project, limits: LimitSet([Limit(parsing: "cost=5/month")]), by: .console(at: now))
        return (store, project)
    }

    private func ago(_ milliseconds: Int64) -> Timestamp { now.adding(milliseconds: -milliseconds) }

    /// Issues an access token with a limit of its own.
    private func issue(
        _ name: String, of project: Project, in store: Store, _ change: (inout AccessToken) -> Void = { _ in }
    ) async throws -> AccessToken {
        var accessToken = try fixture.accessToken(of: project, at: ago(10 * Store.dormancy))
        accessToken.name = try #require(Label(name))
        change(&accessToken)
        try await store.issueAccessToken(
            accessToken, limits: LimitSet([Limit(parsing: "requests=5/day")]),
            by: .console(at: accessToken.createdAt))
        return accessToken
    }

    @Test func `the dead and the dormant stay out, and those that may be refused otherwise do not`()
        async throws
    {
        let (store, project) = try await store()
        let archived = try fixture.project("old")
        try await store.createProject(archived, by: .console(at: now))
        var read: Set<String> = []
        func issue(
            _ name: String, isRead: Bool, of project: Project, _ change: (inout AccessToken) -> Void
        ) async throws -> AccessTokenID {
            if isRead { read.insert(name) }
            return try await self.issue(name, of: project, in: store, change).id
        }
        let dormancy = Store.dormancy
        _ = try await issue("endless", isRead: true, of: project) { _ in }
        _ = try await issue("living", isRead: true, of: project) { $0.expiresAt = ago(-1) }
        _ = try await issue("just ended", isRead: true, of: project) { $0.expiresAt = ago(dormancy - 1) }
        _ = try await issue("long ended", isRead: false, of: project) { $0.expiresAt = ago(dormancy) }
        _ = try await issue("premature", isRead: true, of: project) { $0.grants.notBefore = ago(-5) }
        _ = try await issue("idle", isRead: false, of: project) { $0.grants.idleSeconds = 86_400 }
        _ = try await issue("bait", isRead: true, of: project) {
            $0.isHoney = true
            $0.expiresAt = ago(2 * dormancy)
        }
        _ = try await issue("of an archived project", isRead: true, of: archived) { _ in }
        let archive = ProjectChange(state: .archived)
        _ = try await store.updateProject(archived.id, archive, by: .console(at: now))
        let suspended = try await issue("suspended", isRead: true, of: project) { _ in }
        _ = try await store.suspendAccessToken(suspended, by: .console(at: now))
        let revoked = try await issue("revoked", isRead: false, of: project) { _ in }
        _ = try await store.revokeAccessToken(revoked, by: .console(at: now))
        let bait = try await issue("bait that was revoked", isRead: false, of: project) { $0.isHoney = true }
        _ = try await store.revokeAccessToken(bait, by: .console(at: now))
        let seen = try await issue("seen expired", isRead: false, of: project) { $0.expiresAt = now }
        _ = try await store.recordExpiry(seen, at: now)

        let records = try await store.accessRecords(at: now)
        #expect(Set(records.accessTokens.map(\.name.rawValue)) == read)
        #expect(records.horizon == ago(dormancy))
        #expect(Set(records.projects.map(\.id)) == [project.id, archived.id])
        // Limits come with the access tokens that live, and with the projects.
        let lineages = records.accessTokens.filter { !$0.isHoney }.map(\.limitSubject)
        #expect(Set(records.limits.map(\.subject)) == Set(lineages + [.project(project.id)]))
        #expect(records.limits.count == lineages.count + 1)
    }

    @Test func `a clock that went back finds what ended in between, and its limits`() async throws {
        let (store, project) = try await store()
        let dormancy = Store.dormancy
        let dead = try await issue("dead", of: project, in: store) { $0.expiresAt = ago(3 * dormancy) }
        _ = try await store.recordExpiry(dead.id, at: ago(2 * dormancy))
        _ = try await issue("before", of: project, in: store) { $0.expiresAt = ago(3 * dormancy) }
        let ended = try await issue("ended", of: project, in: store) { $0.expiresAt = ago(2 * dormancy) }
        let idle = try await issue("idle", of: project, in: store) {
            $0.grants.idleSeconds = 8 * dormancy / 1000
        }
        _ = try await issue("read at the start", of: project, in: store) { $0.expiresAt = now }
        let records = try await store.dormantRecords(
            endingAfter: ago(3 * dormancy), upTo: try await store.accessRecords(at: now).horizon)
        #expect(Set(records.accessTokens.map(\.id)) == [ended.id, idle.id])
        #expect(
            Set(records.limits.map(\.subject))
                == [ended.limitSubject, idle.limitSubject, .project(project.id)])
    }

    @Test func `what is read together is what is read one by one`() async throws {
        let (store, project) = try await store()
        _ = try await issue("plain", of: project, in: store)
        let full = try await issue("full", of: project, in: store) {
            $0.owner = Label("bob@example.com")
            $0.labels = (try? LabelSet(["team": "søgning \"x\"", "cost.centre": "42"])) ?? LabelSet()
            $0.expiresAt = ago(-1_000_000)
            $0.grants.models = [ModelPattern("gpt-4.1*"), ModelPattern("o3")].compactMap { $0 }
            $0.grants.endpoints = [.chatCompletions]
            $0.grants.networks = ["10.0.0.0/8", "2001:db8::/32"].compactMap {
                try? AddressRange(parsing: $0)
            }
            $0.grants.notBefore = now
            $0.grants.idleSeconds = 100_000_000
            $0.grants.outputCap = OutputCap("100:clamp")
        }
        let other = try fixture.accessToken(of: project)
        _ = try await store.rotateAccessToken(
            full.id, to: AccessTokenSuccessor(id: other.id, hash: other.hash, lifetime: nil), grace: 100,
            by: .console(at: now))
        _ = try await store.suspendAccessToken(other.id, by: .console(at: now))
        let records = try await store.accessRecords(at: now)
        #expect(records.accessTokens.count == 3)
        for accessToken in records.accessTokens {
            #expect(try await store.accessToken(accessToken.id) == accessToken)
        }
        #expect(records.accessTokens.contains { $0.grants.outputCap != nil && $0.labels.values.count == 2 })
        let limits = try await store.limitRecords(of: records.limits.map(\.subject) + [other.limitSubject])
        #expect(limits == Dictionary(uniqueKeysWithValues: records.limits.map { ($0.subject, $0.records) }))
    }

    @Test func `no start looks at every access token that was ever issued`() async throws {
        let (store, _) = try await store()
        let plans = try await store.database.read { database in
            try [
                """
                SELECT id FROM access_tokens WHERE revoked_at IS NULL AND expired_at IS NULL
                    AND coalesce(expires_at, 9223372036854775807) > 5
                """,
                "SELECT id FROM access_tokens WHERE honey = 1 AND revoked_at IS NULL",
            ].map { sql in
                try Row.fetchAll(database, sql: "EXPLAIN QUERY PLAN " + sql).map {
                    $0["detail"] as String
                }.joined()
            }
        }
        #expect(plans[0].contains("SEARCH access_tokens USING INDEX access_tokens_living"))
        #expect(plans[1].contains("access_tokens_honey"))
    }
}
