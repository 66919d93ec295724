import Domain
import Testing

@testable import Storage

@Suite struct GrantsTests {
    private let fixture: Fixture
    private var now: Timestamp { fixture.now }

    init() throws { fixture = try Fixture() }

    private func limits(_ texts: String...) throws -> LimitSet {
        try LimitSet(texts.map { try Limit(parsing: $0) })
    }

    private func changes() throws -> [GrantChange] {
        [
            .models([try #require(ModelPattern("gpt-4.1*")), try #require(ModelPattern("o\"3"))]),
            .endpoints([.responses, .chatCompletions]), .networks(["10.0.0.0/8", "fd00::/8", "192.0.2.1"]),
            .notBefore(now), .idleSeconds(60), .outputCap(OutputCap(amount: 4096, mode: .clamp)),
            .unboundedOutput(.refuse),
        ]
    }

    @Test func `grants are read as they were written`() async throws {
        let store = try await fixture.create()
        var project = try fixture.project()
        project.timeZone = "Asia/Kolkata"
        project.streamUsage = .observe
        project.unpriced = .defaultPrice(
            prompt: Money(nanoUSD: 2_500_000_000), completion: Money(nanoUSD: 10_000_000_000))
        project.unboundedOutput = .refuse
        project.unknownEndpoints = .allow
        project.openAIOrganization = "org-1"
        project.openAIProject = "proj_1"
        project.description = Description("Search team")
        try await store.createProject(project, by: .console(at: now))
        var accessToken = try fixture.accessToken(of: project)
        for change in try changes() { accessToken.grants.apply(change) }
        try await store.issueAccessToken(accessToken, by: .console(at: now))
        #expect(try await store.project(project.id) == project)
        #expect(try await store.accessToken(accessToken.id) == accessToken)
        let event = try #require(try await store.auditEvents(limit: 10).last?.event)
        #expect(event.details.contains(AuditEvent.Detail("endpoints", "chat_completions responses")))
        #expect(event.details.contains(AuditEvent.Detail("output_cap", "4096:clamp")))
        #expect(!event.details.contains { $0.value == "none" })
    }

    @Test func `a change of an access token says what was before, and changes nothing else`() async throws {
        let store = try await fixture.create()
        let project = try fixture.project()
        let accessToken = try fixture.accessToken(of: project, expiresAt: now.adding(milliseconds: 1000))
        try await store.createProject(project, by: .console(at: now))
        let issued = try await store.issueAccessToken(
            accessToken, limits: limits("requests=5/day", "concurrency=2"), by: .console(at: now))
        let change = AccessTokenChange(
            lifetime: .endless, grants: try changes(), limits: try limits("requests=7/day"))
        let changed = try await store.updateAccessToken(accessToken.id, change, by: .console(at: now))
        #expect(changed.accessToken.expiresAt == nil)
        #expect(changed.accessToken.name == accessToken.name)
        #expect(changed.accessToken.grants.outputCap?.amount == 4096)
        #expect(changed.limits.map(\.limit.description) == ["requests=7/day"])
        #expect(changed.limits.first?.account == issued.first?.account)
        #expect(try await store.accessToken(accessToken.id) == changed.accessToken)
        let event = try #require(try await store.auditEvents(limit: 10).last?.event)
        #expect(event.action == .tokenUpdated)
        #expect(event.details.contains(.before("limits", "requests=5/day, concurrency=2")))
        #expect(event.details.contains(AuditEvent.Detail("limits", "requests=7/day")))
        #expect(event.details.contains(.before("idle_seconds", "none")))
        #expect(!event.details.contains { $0.name == "name" })

        let same = try await store.updateAccessToken(accessToken.id, change, by: .console(at: now))
        #expect(same == changed)
        #expect(try await store.auditEvents(limit: 10).last?.event == event)
    }

    @Test func `what is revoked, archived or not there is not changed`() async throws {
        let store = try await fixture.create()
        let project = try fixture.project()
        let accessToken = try fixture.accessToken(of: project)
        let other = try fixture.accessToken(of: project)
        let change = AccessTokenChange(limits: try limits("requests=0/day"))
        let now = now
        try await store.createProject(project, by: .console(at: now))
        for each in [accessToken, other] { try await store.issueAccessToken(each, by: .console(at: now)) }
        await #expect(throws: StoreError.notFound) {
            _ = try await store.updateAccessToken(
                fixture.accessToken(of: project).id, change, by: .console(at: now))
        }
        _ = try await store.revokeAccessToken(accessToken.id, by: .console(at: now))
        await #expect(throws: StoreError.revoked) {
            _ = try await store.updateAccessToken(accessToken.id, change, by: .console(at: now))
        }
        _ = try await store.updateProject(
            project.id, ProjectChange(state: .archived), by: .console(at: now))
        await #expect(throws: StoreError.archived) {
            _ = try await store.updateAccessToken(other.id, change, by: .console(at: now))
        }
        #expect(try await store.accessRecords(at: now).limits.isEmpty)
    }

    @Test func `an access token that was idle for too long is written down as expired`() async throws {
        let store = try await fixture.create()
        let project = try fixture.project()
        var accessToken = try fixture.accessToken(of: project, expiresAt: now.adding(milliseconds: 90_000))
        accessToken.grants.idleSeconds = 60
        try await store.createProject(project, by: .console(at: now))
        try await store.issueAccessToken(accessToken, by: .console(at: now))
        let id = accessToken.id
        let early = now.adding(milliseconds: 59_999)
        let late = now.adding(milliseconds: 60_000)
        #expect(try await store.recordExpiry(id, at: early).expiredAt == nil)
        let expired = try await store.recordExpiry(id, at: late)
        #expect(expired.expiredAt == late && expired.expiresAt == late)
        #expect(try await store.accessToken(id) == expired)
        #expect(try await store.auditEvents(limit: 10).last?.event.action == .tokenExpired)

        // A later expiry alone would not make it work.
        await #expect(throws: StoreError.idle) {
            _ = try await store.updateAccessToken(
                id, AccessTokenChange(lifetime: .endless), by: .console(at: late))
        }
        let revival = AccessTokenChange(lifetime: .endless, grants: [.idleSeconds(600)])
        let revived = try await store.updateAccessToken(id, revival, by: .console(at: late)).accessToken
        #expect(revived.status(at: late) == .active)
        #expect(try await store.accessToken(id) == revived)
    }

    @Test func `the ledger writes down when an access token was used last`() async throws {
        let store = try await fixture.create()
        let project = try fixture.project()
        let accessToken = try fixture.accessToken(of: project)
        try await store.createProject(project, by: .console(at: now))
        try await store.issueAccessToken(accessToken, by: .console(at: now))
        func row(_ sequence: Int64, _ moment: Timestamp) -> LedgerRow {
            LedgerRow(
                id: LedgerID(generation: 1, sequence: sequence), admittedAt: moment, project: project.id,
                accessToken: accessToken.id, lineage: accessToken.id, endpoint: "models", client: .loopback,
                modelAsked: nil, priceVersion: 1, accounts: [], outcome: "completed", charge: .none,
                accuracy: .exact)
        }
        let later = now.adding(milliseconds: 5)
        _ = try await store.appendLedger([row(1, later), row(2, now)])
        #expect(try await store.accessToken(accessToken.id)?.lastUsedAt == later)
        _ = try await store.appendLedger([row(3, now)])
        #expect(try await store.accessToken(accessToken.id)?.lastUsedAt == later)
    }

    @Test func `top-ups and resets are for one limit, and are told`() async throws {
        let store = try await fixture.create()
        let project = try fixture.project()
        let accessToken = try fixture.accessToken(of: project)
        let now = now
        try await store.createProject(project, limits: limits("cost=1/month"), by: .console(at: now))
        try await store.issueAccessToken(accessToken, limits: limits("cost=2/month"), by: .console(at: now))
        let id = try LimitID(parsing: "cost/month")
        let missing = try LimitID(parsing: "cost/day")
        for (amount, sum) in [(1_500_000_000, 1_500_000_000), (.max, .max)] as [(Int64, Int64)] {
            try await store.topUpLimit(
                id, of: accessToken.limitSubject, by: amount, from: now, by: .console(at: now))
            let limits = try await store.accessRecords(at: now).limits
            #expect(limits.map { $0.records.map(\.credit) } == [[sum], [0]])
        }
        let event = try #require(try await store.auditEvents(after: 3, limit: 1).first?.event)
        #expect(event.action == .tokenLimitToppedUp && event.subject == accessToken.id.rawValue)
        #expect(
            event.details == [
                AuditEvent.Detail("limit", "cost=2.00/month"), .before("topped_up", "0.00"),
                AuditEvent.Detail("topped_up", "1.50"),
            ])
        let start = now.adding(milliseconds: 1)
        try await store.resetLimit(id, of: accessToken.limitSubject, from: start, by: .console(at: now))
        try await store.resetLimit(id, of: .project(project.id), from: start, by: .console(at: now))
        let records = try await store.accessRecords(at: now).limits
        #expect(records.map(\.subject) == [accessToken.limitSubject, .project(project.id)])
        #expect(records.flatMap(\.records).allSatisfy { $0.start == start && $0.credit == 0 })
        #expect(try await store.auditEvents(limit: 100).last?.event.action == .projectLimitReset)
        for operation in [
            { try await store.topUpLimit(missing, of: $0, by: 1, from: now, by: .console(at: now)) },
            { try await store.resetLimit(missing, of: $0, from: start, by: .console(at: now)) },
        ] as [(LimitSubject) async throws -> Void] {
            await #expect(throws: StoreError.notFound) { try await operation(.project(project.id)) }
        }
    }
}
