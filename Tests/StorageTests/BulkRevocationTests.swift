import Domain
import Storage
import Testing

/// What a revocation of many revokes, and what it leaves.
@Suite struct BulkRevocationTests {
    private let fixture: Fixture

    init() throws { fixture = try Fixture() }

    private func store() async throws -> (Store, Project) {
        let store = try await fixture.create()
        let project = try fixture.project()
        try await store.createProject(project, by: .console(at: fixture.now))
        return (store, project)
    }

    private func issue(
        _ name: String = "bob", of project: Project, in store: Store, expiresAt: Timestamp? = nil
    ) async throws -> AccessTokenID {
        var accessToken = try fixture.accessToken(of: project, expiresAt: expiresAt)
        accessToken.name = try #require(Label(name))
        try await store.issueAccessToken(accessToken, by: .console(at: fixture.now))
        return accessToken.id
    }

    private func rotate(
        _ id: AccessTokenID, of project: Project, in store: Store
    ) async throws -> AccessTokenID {
        let new = try fixture.accessToken(of: project)
        let successor = AccessTokenSuccessor(id: new.id, hash: new.hash, lifetime: nil)
        return try await store.rotateAccessToken(
            id, to: successor, grace: 1_000_000,
            by: .console(
                at: fixture.now
            )
        ).new.id
    }

    private func reissue(
        _ id: AccessTokenID, of project: Project, in store: Store
    ) async throws -> AccessTokenID {
        let new = try fixture.accessToken(of: project)
        let successor = AccessTokenSuccessor(id: new.id, hash: new.hash, lifetime: nil)
        return try await store.reissueAccessToken(id, to: successor, by: .console(at: fixture.now)).new.id
    }

    private func revoke(
        _ targets: [RevocationStep.Target], in store: Store, at now: Timestamp
    ) async throws -> [AccessToken] {
        var revoked: [AccessToken] = []
        var steps = RevocationStep.steps(of: targets)[...]
        while let step = steps.popFirst() {
            let (made, rest) = try await store.revokeAccessTokens(
                step, by: ChangeContext(by: fixture.operatorKey, at: now))
            revoked += made
            if let rest { steps.append(rest) }
        }
        return revoked
    }

    @Test func `all that fit are revoked, with an event for each, and the others are not`() async throws {
        let (store, project) = try await store()
        var ids: [AccessTokenID] = []
        for name in ["ci-1", "ci-2", "ci-3", "bob"] {
            ids.append(try await issue(name, of: project, in: store))
        }
        _ = try await store.revokeAccessToken(ids[0], by: .console(at: fixture.now))
        var filter = AccessTokenFilter()
        filter.name = .init("ci-*")
        let later = fixture.now.adding(milliseconds: 1)
        let fitting = try await store.revocableAccessTokens(filter, at: later)
        #expect(Set(fitting.map(\.id)) == [ids[1], ids[2]])
        let before = try await store.auditEvents(limit: 100).count
        let revoked = try await revoke(fitting, in: store, at: later)
        #expect(revoked.map(\.id) == fitting.map(\.id) && revoked.allSatisfy { $0.revokedAt == later })
        #expect(try await store.accessTokens(fitting.map(\.id)) == revoked)
        let events = try await store.auditEvents(limit: 100).dropFirst(before).map(\.event)
        #expect(Set(events.map(\.subject)) == [ids[1].rawValue, ids[2].rawValue])
        #expect(events.allSatisfy { $0.action == .tokenRevoked && $0.principal == fixture.operatorKey })
        #expect(events.allSatisfy { $0.details.contains(AuditEvent.Detail("bulk", "2")) })
        #expect(try await store.accessToken(ids[0])?.revokedAt == fixture.now)
        #expect(try await store.accessToken(ids[3])?.revokedAt == nil)
        #expect(try await revoke(fitting, in: store, at: later).isEmpty)
        #expect(try await store.auditEvents(limit: 100).count == before + 2)
    }

    @Test func `whatever became of an access token meanwhile, it is revoked, and in steps of a limit`()
        async throws
    {
        let (store, project) = try await store()
        for _ in 0..<RevocationStep.limit + 2 { _ = try await issue(of: project, in: store) }
        var filter = AccessTokenFilter(project: project.id)
        filter.status = .active
        filter.name = .init("bob")
        filter.unusedSince = fixture.now.adding(milliseconds: 1)
        let targets = try await store.revocableAccessTokens(filter, at: fixture.now)
        let ids = targets.map(\.id)
        let steps = RevocationStep.steps(of: targets)
        #expect(steps.map(\.targets.count) == [RevocationStep.limit, 2])
        #expect(steps.flatMap { Array($0.targets) } == targets)
        #expect(steps.allSatisfy { $0.total == ids.count } && RevocationStep.steps(of: []).isEmpty)
        // Meanwhile they are used, suspended, renamed and revoked, and others are issued.
        let row = try LedgerRow(use: ids[2], of: project.id, at: fixture.now.adding(milliseconds: 5))
        _ = try await store.appendLedger([row])
        _ = try await store.suspendAccessToken(ids[3], by: .console(at: fixture.now))
        var change = AccessTokenChange()
        change.name = Label("eve")
        _ = try await store.updateAccessToken(ids[4], change, by: .console(at: fixture.now))
        _ = try await store.revokeAccessToken(ids[5], by: .console(at: fixture.now))
        let late = try await issue(of: project, in: store)
        let revoked = try await revoke(targets, in: store, at: fixture.now)
        #expect(revoked.map(\.id) == ids.filter { $0 != ids[5] })
        #expect(try await store.accessTokens(ids).allSatisfy { $0.revokedAt == fixture.now })
        #expect(try await store.accessToken(late)?.revokedAt == nil)
    }

    @Test func `the successors that one got meanwhile are revoked with it, those from before are not`()
        async throws
    {
        let (store, project) = try await store()
        let rotatedBefore = try await issue("ci", of: project, in: store)
        let successorBefore = try await rotate(rotatedBefore, of: project, in: store)
        var change = AccessTokenChange()
        change.name = Label("other")
        _ = try await store.updateAccessToken(successorBefore, change, by: .console(at: fixture.now))
        let rotated = try await issue("ci", of: project, in: store)
        let revokedMeanwhile = try await issue("ci", of: project, in: store)
        let reissuedMeanwhile = try await issue("ci", of: project, in: store)
        var filter = AccessTokenFilter(project: project.id)
        filter.name = .init("ci")
        let targets = try await store.revocableAccessTokens(filter, at: fixture.now)
        #expect(Set(targets.map(\.id)) == [rotatedBefore, rotated, revokedMeanwhile, reissuedMeanwhile])
        #expect(targets.filter(\.hasSuccessor).map(\.id) == [rotatedBefore])

        let first = try await rotate(rotated, of: project, in: store)
        let second = try await rotate(first, of: project, in: store)
        let third = try await rotate(revokedMeanwhile, of: project, in: store)
        _ = try await store.revokeAccessToken(revokedMeanwhile, by: .console(at: fixture.now))
        _ = try await store.revokeAccessToken(reissuedMeanwhile, by: .console(at: fixture.now))
        let fourth = try await reissue(reissuedMeanwhile, of: project, in: store)
        let later = try await rotate(successorBefore, of: project, in: store)
        let before = try await store.auditEvents(limit: 100).count
        let revoked = try await revoke(targets, in: store, at: fixture.now)
        #expect(Set(revoked.map(\.id)) == [rotatedBefore, rotated, first, second, third, fourth])
        #expect(revoked.allSatisfy { $0.revokedAt == fixture.now })
        let events = try await store.auditEvents(limit: 100).dropFirst(before).map(\.event)
        #expect(events.map(\.subject) == revoked.map(\.id.rawValue))
        #expect(events.allSatisfy { $0.details.contains(AuditEvent.Detail("bulk", "4")) })
        for id in [successorBefore, later] {
            #expect(try await store.accessToken(id)?.revokedAt == nil)
        }
    }

    @Test func `a step takes at most so many successors, and the rest is a step of its own`() async throws {
        let (store, project) = try await store()
        let id = try await issue(of: project, in: store)
        let targets = try await store.revocableAccessTokens(
            AccessTokenFilter(project: project.id), at: fixture.now)
        var last = id
        for _ in 0..<RevocationStep.limit + 2 { last = try await rotate(last, of: project, in: store) }
        let step = try #require(RevocationStep.steps(of: targets).first)
        let (revoked, rest) = try await store.revokeAccessTokens(step, by: .console(at: fixture.now))
        #expect(revoked.count == RevocationStep.limit + 1 && revoked.first?.id == id)
        #expect(try await store.accessToken(last)?.revokedAt == nil)
        let (others, none) = try await store.revokeAccessTokens(
            try #require(rest), by: .console(at: fixture.now))
        #expect(others.count == 2 && others.last?.id == last && none == nil)
    }
}

extension LedgerRow {
    fileprivate init(use accessToken: AccessTokenID, of project: ProjectID, at moment: Timestamp) throws {
        self.init(
            id: LedgerID(generation: 1, sequence: 1), admittedAt: moment, project: project,
            accessToken: accessToken, lineage: accessToken, endpoint: "chat_completions", client: .loopback,
            modelAsked: nil, priceVersion: 1, accounts: [], outcome: "completed",
            charge: Charge(requests: 1, tokens: 1, cost: .zero), accuracy: .exact)
    }
}
