import Domain
import GRDB
import Storage
import Testing

@Suite struct CredentialsTests {
    private let fixture: Fixture

    init() throws { fixture = try Fixture() }

    @Test func `one credential is active, the one before is kept and can be switched back to`() async throws {
        let store = try await fixture.create()
        let project = try fixture.project()
        try await store.createProject(project, by: .console(at: fixture.now))
        let first = try fixture.credential(of: project, sealed: [1])
        let second = try fixture.credential(of: project, sealed: [2])
        try await store.rotateCredential(to: first, overlap: nil, by: .console(at: fixture.now))
        try await store.rotateCredential(to: second, overlap: 1000, by: .console(at: fixture.now))
        #expect(try await store.credential(of: project.id) == second)
        #expect(try await store.accessRecords(at: fixture.now).credentials == [second])
        var retired = first
        retired.retiredAt = fixture.now
        retired.keptUntil = fixture.now.adding(milliseconds: 1000)
        #expect(try await store.credentials(of: project.id, at: fixture.now) == [second, retired])
        let back = try await store.activateCredential(
            first.id, of: project.id, overlap: 5000,
            by: ChangeContext(by: fixture.operatorKey, at: fixture.now))
        #expect(back == first)
        #expect(try await store.credential(of: project.id) == first)
        await #expect(throws: StoreError.active) {
            _ = try await store.removeCredential(first.id, of: project.id, by: .console(at: fixture.now))
        }
        let removed = try await store.removeCredential(
            second.id, of: project.id, by: .console(at: fixture.now))
        #expect(removed.sealed == [2])
        #expect(try await store.credentials(of: project.id, at: fixture.now) == [first])
        let actions = try await store.auditEvents(limit: 20).map(\.event.action).suffix(4)
        #expect(
            Array(actions) == [
                .credentialRotated, .credentialRotated, .credentialActivated, .credentialRemoved,
            ])
    }

    @Test func `what is kept for a time is gone when that is over, and its key is deleted`() async throws {
        let store = try await fixture.create()
        let project = try fixture.project()
        try await store.createProject(project, by: .console(at: fixture.now))
        let first = try fixture.credential(of: project)
        try await store.rotateCredential(to: first, overlap: nil, by: .console(at: fixture.now))
        let second = try fixture.credential(of: project)
        try await store.rotateCredential(to: second, overlap: 1000, by: .console(at: fixture.now))
        let later = fixture.now.adding(milliseconds: 1000)
        #expect(try await store.credentials(of: project.id, at: later).map(\.id) == [second.id])
        await #expect(throws: StoreError.notFound) {
            _ = try await store.activateCredential(
                first.id, of: project.id, overlap: nil, by: .console(at: later))
        }
        try await store.removeOverdueCredentials(at: later)
        try await store.removeOverdueCredentials(at: later)
        let last = try await store.auditEvents(limit: 20).last?.event
        #expect(last?.action == .credentialRemoved && last?.principal == .system)
        #expect(try await store.credentials(of: project.id, at: fixture.now).map(\.id) == [second.id])
    }

    @Test func `a kept credential is never sent to another server than it was given for`() async throws {
        let store = try await fixture.create()
        var project = try fixture.project()
        project.upstream = try UpstreamURL(parsing: "https://one.example/v1")
        try await store.createProject(project, by: .console(at: fixture.now))
        var first = try fixture.credential(of: project)
        first.upstream = project.upstream
        try await store.rotateCredential(to: first, overlap: nil, by: .console(at: fixture.now))
        var second = try fixture.credential(of: project)
        second.upstream = try UpstreamURL(parsing: "https://two.example/v1")
        try await store.rotateCredential(to: second, overlap: nil, by: .console(at: fixture.now))
        let move = ProjectChange(upstream: second.upstream)
        _ = try await store.updateProject(project.id, move, by: .console(at: fixture.now))
        await #expect(throws: StoreError.otherUpstream) {
            _ = try await store.activateCredential(
                first.id, of: project.id, overlap: nil, by: .console(at: fixture.now))
        }
        #expect(try await store.credential(of: project.id) == second)
        #expect(first.mayServe(try UpstreamURL(parsing: "https://one.example/other")))
        #expect(first.mayServe(.dummy) && !second.mayServe(project.upstream))
    }

    @Test func `a project keeps only so many`() async throws {
        let store = try await fixture.create()
        let project = try fixture.project()
        try await store.createProject(project, by: .console(at: fixture.now))
        for _ in 0..<Store.maximumCredentials {
            try await store.rotateCredential(
                to: fixture.credential(of: project), overlap: nil, by: .console(at: fixture.now))
        }
        await #expect(throws: StoreError.tooMany) {
            try await store.rotateCredential(
                to: fixture.credential(of: project), overlap: nil, by: .console(at: fixture.now))
        }
    }
}
