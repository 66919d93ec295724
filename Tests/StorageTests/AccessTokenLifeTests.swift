import Domain
import Storage
import Testing

@Suite struct AccessTokenLifeTests {
    private let fixture: Fixture

    init() throws { fixture = try Fixture() }

    private func store() async throws -> (Store, Project) {
        let store = try await fixture.create()
        let project = try fixture.project()
        try await store.createProject(project, by: .console(at: fixture.now))
        return (store, project)
    }

    @Test func `suspension is written down once, taken back, and no revoked one is touched`() async throws {
        let (store, project) = try await store()
        let accessToken = try fixture.accessToken(of: project)
        try await store.issueAccessToken(accessToken, by: .console(at: fixture.now))
        let id = accessToken.id
        let later = fixture.now.adding(milliseconds: 5)
        let suspended = try await store.suspendAccessToken(
            id, by: ChangeContext(by: fixture.operatorKey, at: fixture.now))
        #expect(suspended.suspendedAt == fixture.now && suspended.status(at: later) == .suspended)
        #expect(try await store.suspendAccessToken(id, by: .console(at: later)) == suspended)
        #expect(try await store.accessRecords(at: fixture.now).accessTokens == [suspended])
        #expect(try await store.resumeAccessToken(id, by: .console(at: later)) == accessToken)
        #expect(try await store.resumeAccessToken(id, by: .console(at: later)) == accessToken)
        let actions = try await store.auditEvents(limit: 10).map(\.event.action)
        #expect(
            actions == [.storeInitialised, .projectCreated, .tokenIssued, .tokenSuspended, .tokenResumed])
        _ = try await store.revokeAccessToken(id, by: .console(at: later))
        await #expect(throws: StoreError.revoked) {
            _ = try await store.suspendAccessToken(id, by: .console(at: later))
        }
        await #expect(throws: StoreError.revoked) {
            _ = try await store.resumeAccessToken(id, by: .console(at: later))
        }
        await #expect(throws: StoreError.notFound) {
            _ = try await store.suspendAccessToken(
                fixture.accessToken(of: project).id, by: .console(at: later))
        }
    }

    @Test func `owner and labels are kept, changed one by one, and told in the audit`() async throws {
        let (store, project) = try await store()
        var accessToken = try fixture.accessToken(of: project)
        accessToken.owner = Label("bob@example.com")
        accessToken.labels = try LabelSet(["team": "search", "cost.centre": "42 \"x\""])
        try await store.issueAccessToken(accessToken, by: .console(at: fixture.now))
        #expect(try await store.accessToken(accessToken.id) == accessToken)
        var change = AccessTokenChange()
        change.owner = .some(nil)
        change.labels = try accessToken.labels.merging(["team": nil, "env": "prod"])
        let changed = try await store.updateAccessToken(
            accessToken.id, change,
            by: .console(
                at: fixture.now
            )
        ).accessToken
        #expect(changed.owner == nil && changed.labels.description == "cost.centre=42 \"x\", env=prod")
        #expect(try await store.accessToken(accessToken.id) == changed)
        let event = try await store.auditEvents(limit: 10).last?.event
        #expect(
            event?.details == [
                .init("project", project.id.rawValue), .before("owner", "bob@example.com"),
                .init("owner", "none"), .before("labels", "cost.centre=42 \"x\", team=search"),
                .init("labels", "cost.centre=42 \"x\", env=prod"),
            ])
        var filter = AccessTokenFilter()
        filter.label = AccessTokenFilter.LabelValue("team:search")
        #expect(try await store.listAccessTokens(filter, limit: 9, at: fixture.now).items.isEmpty)
        filter.label = AccessTokenFilter.LabelValue("cost.centre:42 \"x\"")
        #expect(try await store.listAccessTokens(filter, limit: 9, at: fixture.now).items == [changed])
    }

    @Test func `the successor of a rotation inherits all, and the one before ends with the grace`()
        async throws
    {
        let (store, project) = try await store()
        var accessToken = try fixture.accessToken(
            of: project, expiresAt: fixture.now.adding(milliseconds: 90_000))
        accessToken.owner = Label("bob")
        accessToken.labels = try LabelSet(["team": "search"])
        accessToken.grants.idleSeconds = 1000
        let limits = try LimitSet([Limit(parsing: "requests=5/day")])
        try await store.issueAccessToken(accessToken, limits: limits, by: .console(at: fixture.now))
        let other = try fixture.accessToken(of: project)
        let successor = AccessTokenSuccessor(id: other.id, hash: other.hash, lifetime: nil)
        let now = fixture.now.adding(milliseconds: 1000)
        let (old, new) = try await store.rotateAccessToken(
            accessToken.id, to: successor, grace: 60, by: .console(at: now))
        #expect(old.expiresAt == now.adding(milliseconds: 60_000) && old.rotatedTo == new.id)
        var expected = accessToken
        expected.id = other.id
        expected.hash = other.hash
        expected.createdAt = now
        expected.rotatedFrom = accessToken.id
        #expect(new == expected && new.lineage == accessToken.id)
        #expect(try await store.accessToken(new.id) == new)
        #expect(try await store.accessToken(old.id) == old)
        #expect(try await store.accessRecords(at: fixture.now).limits.count == 1)

        let third = try fixture.accessToken(of: project)
        let next = AccessTokenSuccessor(id: third.id, hash: third.hash, lifetime: .endless)
        await #expect(throws: StoreError.rotated) {
            _ = try await store.rotateAccessToken(old.id, to: next, grace: 0, by: .console(at: now))
        }
        // A grace never makes it live longer.
        let (second, last) = try await store.rotateAccessToken(
            new.id, to: next, grace: 1_000_000, by: .console(at: now))
        #expect(second.expiresAt == accessToken.expiresAt)
        #expect(last.expiresAt == nil && last.lineage == accessToken.id && last.rotatedFrom == new.id)
    }

    @Test func `what does not work any more is not rotated`() async throws {
        let (store, project) = try await store()
        func attempt(_ accessToken: AccessToken) async throws {
            let other = try fixture.accessToken(of: project)
            _ = try await store.rotateAccessToken(
                accessToken.id, to: AccessTokenSuccessor(id: other.id, hash: other.hash, lifetime: nil),
                grace: 0, by: .console(at: fixture.now))
        }
        let expired = try fixture.accessToken(of: project, expiresAt: fixture.now)
        let revoked = try fixture.accessToken(of: project)
        let suspended = try fixture.accessToken(of: project)
        for accessToken in [expired, revoked, suspended] {
            try await store.issueAccessToken(accessToken, by: .console(at: fixture.now))
        }
        _ = try await store.revokeAccessToken(revoked.id, by: .console(at: fixture.now))
        _ = try await store.suspendAccessToken(suspended.id, by: .console(at: fixture.now))
        await #expect(throws: StoreError.expired) { try await attempt(expired) }
        await #expect(throws: StoreError.revoked) { try await attempt(revoked) }
        await #expect(throws: StoreError.suspended) { try await attempt(suspended) }
        #expect(try await store.listAccessTokens(of: project.id, limit: 10).items.count == 3)
    }

    @Test func `what was revoked is reissued in its lineage, in one transaction with both events`()
        async throws
    {
        let (store, project) = try await store()
        let end = fixture.now.adding(milliseconds: 90_000)
        var accessToken = try fixture.accessToken(of: project, expiresAt: end)
        accessToken.owner = Label("bob")
        accessToken.labels = try LabelSet(["team": "search"])
        accessToken.grants.outputCap = OutputCap("64:clamp")
        let limits = try LimitSet([Limit(parsing: "requests=5/day")])
        try await store.issueAccessToken(accessToken, limits: limits, by: .console(at: fixture.now))
        let other = try fixture.accessToken(of: project)
        let successor = AccessTokenSuccessor(id: other.id, hash: other.hash, lifetime: nil)
        await #expect(throws: StoreError.notEnded) {
            _ = try await store.reissueAccessToken(
                accessToken.id, to: successor, by: .console(at: fixture.now))
        }
        let revoked = try await store.revokeAccessToken(accessToken.id, by: .console(at: fixture.now))
        let now = fixture.now.adding(milliseconds: 1000)
        let before = try await store.auditEvents(limit: 99).count
        let (old, new) = try await store.reissueAccessToken(
            accessToken.id, to: successor, by: ChangeContext(by: fixture.operatorKey, at: now))
        var expected = accessToken
        expected.id = other.id
        expected.hash = other.hash
        expected.createdAt = now
        expected.rotatedFrom = accessToken.id
        #expect(new == expected && new.lineage == accessToken.id && new.expiresAt == end)
        var ended = revoked
        ended.rotatedTo = new.id
        #expect(old == ended && old.status(at: now) == .revoked)
        #expect(try await store.accessToken(new.id) == new)
        #expect(try await store.accessToken(old.id) == old)
        #expect(try await store.accessRecords(at: fixture.now).limits.count == 1)
        let events = try await store.auditEvents(limit: 99).dropFirst(before).map(\.event)
        #expect(events.map(\.action) == [.tokenReissued, .tokenIssued])
        #expect(events.map(\.subject) == [old.id.rawValue, new.id.rawValue])
        #expect(events.allSatisfy { $0.principal == fixture.operatorKey })
        #expect(events.first?.details.last == .init("rotated_to", new.id.rawValue))
        #expect(events.last?.details.contains(.init("rotated_from", old.id.rawValue)) == true)
        await #expect(throws: StoreError.rotated) {
            _ = try await store.reissueAccessToken(old.id, to: successor, by: .console(at: now))
        }
        // Its successor is revoked in its turn, and reissued for ever.
        _ = try await store.revokeAccessToken(new.id, by: .console(at: now))
        let third = try fixture.accessToken(of: project)
        let next = AccessTokenSuccessor(id: third.id, hash: third.hash, lifetime: .endless)
        let last = try await store.reissueAccessToken(new.id, to: next, by: .console(at: now)).new
        #expect(last.lineage == accessToken.id && last.expiresAt == nil)
    }

    @Test func `what has no time left is reissued for a given lifetime only`() async throws {
        let (store, project) = try await store()
        func reissue(_ id: AccessTokenID, _ lifetime: Lifetime?, after seconds: Int64) async throws
            -> AccessToken
        {
            let other = try fixture.accessToken(of: project)
            return try await store.reissueAccessToken(
                id, to: AccessTokenSuccessor(id: other.id, hash: other.hash, lifetime: lifetime),
                by: .console(
                    at: fixture.now.adding(milliseconds: seconds * 1000)
                )
            ).new
        }
        let expired = try fixture.accessToken(of: project, expiresAt: fixture.now.adding(milliseconds: 1000))
        var idle = try fixture.accessToken(of: project)
        idle.grants.idleSeconds = 1
        let revoked = try fixture.accessToken(
            of: project, expiresAt: fixture.now.adding(milliseconds: 1000))
        var honey = try fixture.accessToken(of: project)
        honey.isHoney = true
        for accessToken in [expired, idle, revoked, honey] {
            try await store.issueAccessToken(accessToken, by: .console(at: fixture.now))
        }
        for id in [revoked.id, honey.id] {
            _ = try await store.revokeAccessToken(id, by: .console(at: fixture.now))
        }
        for accessToken in [expired, idle, revoked] {
            await #expect(throws: StoreError.expired) {
                _ = try await reissue(accessToken.id, nil, after: 1)
            }
            let new = try await reissue(accessToken.id, .seconds(5), after: 1)
            #expect(new.expiresAt == fixture.now.adding(milliseconds: 6000))
            #expect(new.status(at: fixture.now.adding(milliseconds: 1500)) == .active)
        }
        await #expect(throws: StoreError.honey) { _ = try await reissue(honey.id, .endless, after: 1) }
        await #expect(throws: StoreError.notFound) {
            _ = try await reissue(fixture.accessToken(of: project).id, .endless, after: 1)
        }
    }

    @Test func `a filter takes what fits all of it`() async throws {
        let (store, project) = try await store()
        let other = try fixture.project("other")
        try await store.createProject(other, by: .console(at: fixture.now))
        let now = fixture.now.adding(milliseconds: 100_000)
        func issue(_ name: String, of project: Project, _ change: (inout AccessToken) throws -> Void)
            async throws
            -> AccessTokenID
        {
            var accessToken = try fixture.accessToken(of: project)
            accessToken.name = try #require(Label(name))
            try change(&accessToken)
            try await store.issueAccessToken(accessToken, by: .console(at: fixture.now))
            return accessToken.id
        }
        let plain = try await issue("ci-50%_a\\b", of: project) { $0.owner = Label("Ann") }
        let labelled = try await issue("CI-2", of: project) { $0.labels = try LabelSet(["team": "a"]) }
        let expired = try await issue("old", of: project) { $0.expiresAt = now }
        let idle = try await issue("idle", of: other) { $0.grants.idleSeconds = 100 }
        let suspended = try await issue("paused", of: other) { $0.labels = try LabelSet(["team": "b"]) }
        let revoked = try await issue("gone", of: other) { $0.createdAt = now }
        _ = try await store.suspendAccessToken(suspended, by: .console(at: now))
        _ = try await store.revokeAccessToken(revoked, by: .console(at: now))
        let all = [plain, labelled, expired, idle, suspended, revoked]
        func found(_ change: (inout AccessTokenFilter) -> Void) async throws -> [AccessTokenID] {
            var filter = AccessTokenFilter()
            change(&filter)
            let items = try await store.listAccessTokens(filter, limit: 10, at: now).items
            #expect(filter.status == nil || items.allSatisfy { $0.status(at: now) == filter.status })
            return all.filter { id in items.contains { $0.id == id } }
        }
        #expect(try await found { _ in } == all)
        #expect(try await found { $0.project = other.id } == [idle, suspended, revoked])
        #expect(try await found { $0.status = .active } == [plain, labelled])
        #expect(try await found { $0.status = .expired } == [expired, idle])
        #expect(try await found { $0.status = .suspended } == [suspended])
        #expect(try await found { $0.status = .revoked } == [revoked])
        #expect(try await found { $0.owner = Label("Ann") } == [plain])
        #expect(try await found { $0.label = .init("team:a") } == [labelled])
        #expect(try await found { $0.name = .init("ci-*") } == [plain, labelled])
        #expect(try await found { $0.name = .init("CI-?") } == [labelled])
        #expect(try await found { $0.name = .init("ci-50%_a\\b") } == [plain])
        #expect(try await found { $0.name = .init("ci-%") } == [])
        #expect(try await found { $0.text = .init("aN") } == [plain])
        #expect(try await found { $0.text = .init("%_A\\") } == [plain])
        #expect(try await found { $0.text = .init(idle.rawValue) } == [idle])
        #expect(try await found { $0.unusedSince = now } == all.dropLast())
        #expect(
            try await found {
                $0.project = project.id
                $0.status = .active
                $0.name = .init("*2")
            } == [labelled])
    }
}
