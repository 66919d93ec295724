import Domain
import GRDB
import Synchronization
import Testing

@testable import Storage

@Suite struct OutageTests {
    private let fixture: Fixture

    init() throws { fixture = try Fixture() }

    private func set(_ pragma: String, in store: Store) async throws {
        try await store.database.writer.writeWithoutTransaction { try $0.execute(sql: "PRAGMA \(pragma)") }
    }

    @Test func `a database at its largest is full: nothing is half there, and room is found again`()
        async throws
    {
        let store = try await fixture.create()
        let pages = try await store.database.read { try Int.fetchOne($0, sql: "PRAGMA page_count") }
        try await set("max_page_count = \(try #require(pages) + 8)", in: store)
        var made: [Project] = []
        var refused: Project?
        while refused == nil {
            let project = try fixture.project("p\(made.count)")
            do {
                try await store.createProject(
                    project, credential: fixture.credential(of: project), by: .console(at: fixture.now))
                made.append(project)
            } catch let error as StoreError {
                #expect(error == .full)
                refused = project
            }
        }
        let events = try await store.auditEvents(limit: 10_000).count
        #expect(events == 1 + made.count)
        await #expect(throws: StoreError.full) { try await store.ping() }
        #expect(try await store.project(try #require(refused).id) == nil)
        // What changes nothing works on a full disk, and says nothing about it.
        let first = try #require(made.first)
        let same = try await store.updateProject(
            first.id, ProjectChange(name: first.name), by: .console(at: fixture.now))
        #expect(same.project == first)
        await #expect(throws: StoreError.full) { try await store.ping() }

        try await set("max_page_count = 100000", in: store)
        try await store.ping()
        try await store.createProject(try #require(refused), by: .console(at: fixture.now))
        for project in made { #expect(try await store.project(project.id) == project) }
        #expect(try await store.auditEvents(limit: 10_000).count == events + 1)
        try await store.checkIntegrity()
        #expect(try await !hasRoomProof(store))
    }

    private func hasRoomProof(_ store: Store) async throws -> Bool {
        try await store.database.read { try $0.tableExists("room_proof") }
    }

    /// What a process leaves that ends while it proves room.
    private let roomProof = "CREATE TABLE room_proof (filler BYTEA NOT NULL)"

    @Test func `a proof of room that was cut off is gone when the store is opened again`() async throws {
        try await fixture.create().close()
        try fixture.tamper(roomProof)
        let store = try Store.open(fixture.folder)
        #expect(try await !hasRoomProof(store))
        #expect(try await store.auditEvents(limit: 10).count == 1)
    }

    @Test func `a proof of room that cannot be dropped keeps nobody from opening the store`() async throws {
        try await fixture.create().close()
        var configuration = Configuration()
        configuration.allowsUnsafeTransactions = true
        let other = try DatabaseQueue(path: fixture.databasePath, configuration: configuration)
        try await other.writeWithoutTransaction { [roomProof] database in
            try database.execute(sql: roomProof)
            try database.beginTransaction(.immediate)
        }
        let store = try Store.open(fixture.folder)
        try await other.writeWithoutTransaction { try $0.rollback() }
        #expect(try await hasRoomProof(store))
        #expect(store.condition == .failing(.busy))
        try await store.ping()
        #expect(try await !hasRoomProof(store))
    }

    @Test func `a database that became read-only is read on, and written when it can be`() async throws {
        let store = try await fixture.create()
        let project = try fixture.project()
        try await set("query_only = 1", in: store)
        await #expect(throws: StoreError.readOnly) {
            try await store.createProject(project, by: .console(at: fixture.now))
        }
        #expect(try await store.project(project.id) == nil)
        await #expect(throws: StoreError.readOnly) { try await store.ping() }
        try await set("query_only = 0", in: store)
        try await store.ping()
        try await store.createProject(project, by: .console(at: fixture.now))
        #expect(try await store.project(project.id) == project)
    }

    @Test func `a change that fails right behind a proof of room is not forgotten`() async throws {
        let store = try await fixture.create()
        let now = fixture.now
        let fail = { @Sendable () async throws -> Void in
            try await store.database.change(by: .system(at: now)) { _ -> AuditedDatabase.Change<Void> in
                throw DatabaseError(resultCode: .SQLITE_FULL)
            }
        }
        await #expect(throws: StoreError.full) { try await fail() }
        let second = Mutex<Task<Void, any Error>?>(nil)
        try await store.database.writer.writeWithoutTransaction { database in
            // While the probe has the writer, so that the change is the next to have it.
            database.trace { _ in
                second.withLock { if $0 == nil { $0 = Task { try await fail() } } }
            }
        }
        try await store.ping()
        try await store.database.writer.writeWithoutTransaction { $0.trace(options: []) }
        let change = try #require(second.withLock { $0 })
        await #expect(throws: StoreError.full) { try await change.value }
        #expect(store.condition == .failing(.full))
    }

    @Test func `the condition is unknown, then what changes and pings found, not what changes were`()
        async throws
    {
        let store = try await fixture.create()
        let project = try fixture.project()
        #expect(store.condition == .unknown)
        await #expect(throws: StoreError.notFound) {
            try await store.updateProject(project.id, ProjectChange(), by: .console(at: fixture.now))
        }
        #expect(store.condition == .unknown)
        try await store.createProject(project, by: .console(at: fixture.now))
        #expect(store.condition == .writable)
        try await set("query_only = 1", in: store)
        await #expect(throws: StoreError.readOnly) { try await store.ping() }
        #expect(store.condition == .failing(.readOnly))
        try await set("query_only = 0", in: store)
        _ = try await store.updateProject(project.id, ProjectChange(), by: .console(at: fixture.now))
        #expect(store.condition == .failing(.readOnly))
        try await store.ping()
        #expect(store.condition == .writable)
        try store.close()
        await #expect(throws: StoreError.self) { try await store.ping() }
        #expect(store.condition != .writable)
    }

    @Test func `a lock that another program holds is told, and waited for by nobody once it is gone`()
        async throws
    {
        let store = try await fixture.create()
        var configuration = Configuration()
        configuration.allowsUnsafeTransactions = true
        let other = try DatabaseQueue(path: fixture.databasePath, configuration: configuration)
        let project = try fixture.project()
        try await other.writeWithoutTransaction { try $0.beginTransaction(.exclusive) }
        await #expect(throws: StoreError.busy) {
            try await store.createProject(project, by: .console(at: fixture.now))
        }
        await #expect(throws: StoreError.busy) { try await store.ping() }
        #expect(try await store.project(project.id) == nil)
        try await other.writeWithoutTransaction { try $0.rollback() }
        try await store.ping()
        try await store.createProject(project, by: .console(at: fixture.now))
        #expect(try await store.project(project.id) == project)
    }
}
