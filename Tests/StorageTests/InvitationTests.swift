import Domain
import Storage
import Testing

@Suite struct InvitationTests {
    private let fixture: Fixture

    init() throws { fixture = try Fixture() }

    private func invitation(of project: Project, digit: UInt8 = 0x61) throws -> Invitation {
        var order = AccessTokenOrder(
            project: project.id, name: try #require(Label("bob")), lifetime: .seconds(60))
        order.owner = Label("bob@example.com")
        order.labels = try LabelSet(["team": "a"])
        order.limits = try LimitSet([
            Limit(parsing: "cost=5.50/month:gpt-4.1*"), Limit(parsing: "concurrency=2"),
        ])
        order.grants.models = [try #require(ModelPattern("gpt-4.1*"))]
        order.grants.networks = [try AddressRange(parsing: "10.0.0.0/8")]
        let digits = [UInt8](repeating: digit, count: 12)
        return Invitation(
            id: InvitationID(digits: digits),
            hash: try #require(CredentialHash(bytes: digits + [UInt8](repeating: 3, count: 20))),
            order: order,
            createdAt: fixture.now, expiresAt: fixture.now.adding(milliseconds: 1000))
    }

    private func store(_ project: Project) async throws -> Store {
        let store = try await fixture.create()
        try await store.createProject(project, by: .console(at: fixture.now))
        return store
    }

    @Test func `an invitation is kept as it was made, whatever its lifetime`() async throws {
        let project = try fixture.project()
        let store = try await store(project)
        var first = try invitation(of: project)
        try await store.createInvitation(first, by: ChangeContext(by: fixture.operatorKey, at: fixture.now))
        #expect(try await store.invitation(first.id) == first)
        #expect(try await store.invitation(hash: first.hash) == first)
        for (digit, lifetime) in zip([0x62, 0x63], [Lifetime.endless, .until(fixture.now)]) {
            first = try invitation(of: project, digit: UInt8(digit))
            first.order.lifetime = lifetime
            first.order.limits = .none
            try await store.createInvitation(first, by: .console(at: fixture.now))
            #expect(try await store.invitation(first.id) == first)
        }
        let page = try await store.listInvitations(of: project.id, limit: 2)
        #expect(page.items.map(\.id.rawValue) == ["cccccccccccc", "bbbbbbbbbbbb"] && page.hasMore)
        let rest = try await store.listInvitations(after: page.next, limit: 2)
        #expect(rest.items.count == 1 && !rest.hasMore)
    }

    @Test func `a claim makes the access token once, in the invitation's name`() async throws {
        let project = try fixture.project()
        let store = try await store(project)
        let invitation = try invitation(of: project)
        try await store.createInvitation(invitation, by: .console(at: fixture.now))
        #expect(try await store.accessRecords(at: fixture.now).accessTokens.isEmpty)
        let other = try fixture.accessToken(of: project)
        let accessToken = invitation.order.accessToken(other.id, hash: other.hash, at: fixture.now)
        let address = try #require(IPAddress("192.0.2.7"))
        let records = try await store.claimInvitation(
            invitation.id, as: accessToken, from: address, at: fixture.now)
        #expect(records.map(\.limit.description) == ["cost=5.50/month:gpt-4.1*", "concurrency=2"])
        #expect(try await store.accessToken(other.id) == accessToken)
        #expect(accessToken.owner == invitation.order.owner && accessToken.labels == invitation.order.labels)
        let kept = try await store.invitation(invitation.id)
        #expect(
            kept?.claim == Invitation.Claim(at: fixture.now, address: address, accessToken: other.id))
        let events = try await store.auditEvents(limit: 10).suffix(2).map(\.event)
        #expect(events.map(\.action) == [.invitationClaimed, .tokenIssued])
        #expect(events.allSatisfy { $0.principal.identity == .invitation(invitation.id) })
        #expect(events.first?.details.contains(.init("address", "192.0.2.7")) == true)

        let second = try fixture.accessToken(of: project)
        await #expect(throws: StoreError.claimed) {
            _ = try await store.claimInvitation(invitation.id, as: second, from: nil, at: fixture.now)
        }
        await #expect(throws: StoreError.claimed) {
            _ = try await store.revokeInvitation(invitation.id, by: .console(at: fixture.now))
        }
        #expect(try await store.accessRecords(at: fixture.now).accessTokens.count == 1)
    }

    @Test func `what is expired, revoked or of an archived project cannot be claimed`() async throws {
        let project = try fixture.project()
        let store = try await store(project)
        let first = try invitation(of: project)
        let second = try invitation(of: project, digit: 0x62)
        let third = try invitation(of: project, digit: 0x63)
        for invitation in [first, second, third] {
            try await store.createInvitation(invitation, by: .console(at: fixture.now))
        }
        func claim(_ invitation: Invitation, at now: Timestamp) async throws {
            _ = try await store.claimInvitation(
                invitation.id, as: fixture.accessToken(of: project), from: nil, at: now)
        }
        await #expect(throws: StoreError.claimed) { try await claim(first, at: first.expiresAt) }
        _ = try await store.revokeInvitation(second.id, by: .console(at: fixture.now))
        await #expect(throws: StoreError.claimed) { try await claim(second, at: fixture.now) }
        let archive = ProjectChange(state: .archived)
        _ = try await store.updateProject(project.id, archive, by: .console(at: fixture.now))
        await #expect(throws: StoreError.archived) { try await claim(third, at: fixture.now) }
        #expect(try await store.accessRecords(at: fixture.now).accessTokens.isEmpty)
    }
}
