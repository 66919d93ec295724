import Domain
import Storage
import Testing

@Suite struct ManagementKeyTests {
    @Test func `the role and the project are kept, and the project has to be there`() async throws {
        let fixture = try Fixture()
        let store = try await fixture.create()
        let project = try fixture.project()
        var key = try fixture.managementKey()
        key.role = .issue
        key.project = project.id
        await #expect(throws: StoreError.conflict) {
            try await store.createManagementKey(key, by: .console(at: fixture.now))
        }
        try await store.createProject(project, by: .console(at: fixture.now))
        try await store.createManagementKey(key, by: .console(at: fixture.now))
        #expect(try await store.managementKey(key.id) == key)
        let event = try #require(try await store.auditEvents(limit: 10).last?.event)
        #expect(event.details.map(\.name) == ["name", "role", "project"])
        #expect(event.details.map(\.value) == ["admin", "issue", project.id.rawValue])
    }

    @Test func `of leaked keys the caller's own is kept, wherever it calls from`() async throws {
        let fixture = try Fixture()
        let own = try fixture.managementKey()
        let store = try await fixture.create(managementKey: own)
        var newer = try fixture.managementKey()
        newer.createdAt = fixture.now.adding(milliseconds: 1)
        try await store.createManagementKey(newer, by: .console(at: fixture.now))
        var leaked = LeakedRecords()
        leaked.managementKeys = [own, newer]
        let caller = Principal(.managementKey(own.id), from: IPAddress("192.0.2.1"))
        _ = try await store.revokeLeaked(leaked, by: ChangeContext(by: caller, at: fixture.now))
        #expect(try await store.managementKey(own.id)?.revokedAt == nil)
        #expect(try await store.managementKey(newer.id)?.revokedAt == fixture.now)
    }
}
