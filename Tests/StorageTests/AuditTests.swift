import Domain
import Storage
import Testing

@Suite struct AuditTests {
    private let fixture: Fixture

    init() throws { fixture = try Fixture() }

    @Test func `every change leaves one event that says who, what and when`() async throws {
        let store = try await fixture.create()
        let who = fixture.operatorKey
        let project = try fixture.project()
        let accessToken = try fixture.accessToken(of: project, expiresAt: fixture.now)
        let key = try fixture.managementKey()
        let later = fixture.now.adding(milliseconds: 5)
        try await store.createProject(project, by: ChangeContext(by: who, at: later))
        _ = try await store.updateProject(
            project.id, ProjectChange(state: .disabled), by: ChangeContext(by: who, at: later))
        try await store.setCredential(fixture.credential(of: project), by: ChangeContext(by: who, at: later))
        try await store.issueAccessToken(accessToken, by: ChangeContext(by: who, at: later))
        _ = try await store.recordExpiry(accessToken.id, at: later)
        _ = try await store.revokeAccessToken(accessToken.id, by: ChangeContext(by: who, at: later))
        try await store.createManagementKey(key, by: ChangeContext(by: who, at: later))
        _ = try await store.revokeManagementKey(key.id, by: ChangeContext(by: who, at: later))
        let records = try await store.auditEvents(after: 1, limit: 100)
        #expect(
            records.map(\.event.action) == [
                .projectCreated, .projectUpdated, .credentialSet, .tokenIssued, .tokenExpired, .tokenRevoked,
                .managementKeyCreated, .managementKeyRevoked,
            ])
        #expect(records.map(\.sequence) == Array(2...9))
        #expect(records.allSatisfy { $0.at == later })
        #expect(
            records.allSatisfy { $0.event.principal == ($0.event.action == .tokenExpired ? .system : who) })
        #expect(
            records[1].event.details == [
                .before("state", "active"), AuditEvent.Detail("state", "disabled"),
            ])
        #expect(records[3].event.subject == accessToken.id.rawValue)
        #expect(try await store.auditEvents(after: 3, limit: 2).map(\.sequence) == [4, 5])
    }

    @Test func `where the event cannot be written nothing changes`() async throws {
        let project = try fixture.project()
        let accessToken = try fixture.accessToken(of: project, expiresAt: fixture.now)
        let key = try fixture.managementKey()
        let store = try await fixture.create(managementKey: key)
        try await store.createProject(
            project, credential: fixture.credential(of: project), by: .console(at: fixture.now))
        try await store.issueAccessToken(accessToken, by: .console(at: fixture.now))
        let events = try await store.auditEvents(limit: 100)
        let credential = try await store.credential(of: project.id)
        try fixture.tamper(
            """
            CREATE TRIGGER no_audit BEFORE INSERT ON audit_events
            BEGIN SELECT RAISE(ABORT, 'no audit'); END
            """)

        let other = try fixture.project("other")
        let now = fixture.now
        await #expect(throws: StoreError.self) { try await store.createProject(other, by: .console(at: now)) }
        await #expect(throws: StoreError.self) {
            _ = try await store.updateProject(
                project.id, ProjectChange(state: .archived), by: .console(at: now))
        }
        await #expect(throws: StoreError.self) {
            try await store.setCredential(fixture.credential(of: project), by: .console(at: now))
        }
        await #expect(throws: StoreError.self) {
            try await store.issueAccessToken(fixture.accessToken(of: project), by: .console(at: now))
        }
        await #expect(throws: StoreError.self) {
            _ = try await store.revokeAccessToken(accessToken.id, by: .console(at: now))
        }
        await #expect(throws: StoreError.self) { _ = try await store.recordExpiry(accessToken.id, at: now) }
        await #expect(throws: StoreError.self) {
            try await store.createManagementKey(fixture.managementKey(), by: .console(at: now))
        }
        await #expect(throws: StoreError.self) {
            _ = try await store.revokeManagementKey(key.id, by: .console(at: now))
        }

        #expect(try await store.listProjects(limit: 10).items == [project])
        #expect(try await store.credential(of: project.id) == credential)
        #expect(try await store.listAccessTokens(limit: 10).items == [accessToken])
        #expect(try await store.listManagementKeys(limit: 10).items == [key])
        #expect(try await store.auditEvents(limit: 100) == events)
    }
}
