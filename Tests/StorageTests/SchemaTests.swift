import Domain
import Foundation
import GRDB
import Testing

@testable import Storage

/// Which stores this version takes, and what becomes of those of earlier ones.
@Suite struct SchemaTests {
    private let fixture: Fixture

    init() throws { fixture = try Fixture() }

    /// A store as some version left it, closed.
    private func store(after statement: String) async throws -> Data {
        try await fixture.create().close()
        try fixture.tamper(statement)
        return try Data(contentsOf: URL(filePath: fixture.databasePath))
    }

    @Test(arguments: [
        ("INSERT INTO grdb_migrations (identifier) VALUES ('9 later')", StoreError.newerSchema),
        ("UPDATE grdb_migrations SET identifier = '1 access'", .olderSchema),
        ("UPDATE grdb_migrations SET identifier = '1 tables'", .olderSchema),
        ("DELETE FROM grdb_migrations", .corrupt),
    ])
    func `a store of a later version, from before the first release, or of none is refused and not touched`(
        statement: String, error: StoreError
    ) async throws {
        let before = try await store(after: statement)
        #expect(throws: error) { try Store.open(fixture.folder) }
        #expect(throws: error) { try Store.look(at: fixture.folder) }
        #expect(try Data(contentsOf: URL(filePath: fixture.databasePath)) == before)
    }

    @Test(arguments: [
        ("INSERT INTO grdb_migrations (identifier) VALUES ('9 later')", StoreError.newerSchema),
        ("UPDATE grdb_migrations SET identifier = '1 access'", .olderSchema),
    ])
    func `nor is such a backup put back`(statement: String, error: StoreError) async throws {
        _ = try await store(after: statement)
        let other = try Fixture()
        #expect(throws: error) {
            try Restoration(of: fixture.databasePath, into: other.folder, replacing: false)
        }
        #expect(try !Store.exists(in: other.folder))
    }

    @Test func `a store of an earlier version is brought up to date when it is opened, not when looked at`()
        async throws
    {
        var next = Schema.current
        next.add("next", ["ALTER TABLE projects ADD COLUMN hue TEXT NOT NULL DEFAULT 'red'"])
        do {
            let store = try await fixture.create()
            try await store.createProject(try fixture.project(), by: .console(at: fixture.now))
            #expect(try await !store.isOutdated())
            try store.close()
        }
        func columns() throws -> [String] {
            let queue = try DatabaseQueue(path: fixture.databasePath)
            return try queue.read { try $0.columns(in: "projects").map(\.name) }
        }

        do {
            let looking = try Store.look(at: fixture.folder, schema: next)
            #expect(try await looking.isOutdated(by: next))
            try looking.close()
        }
        #expect(try !columns().contains("hue"))

        do {
            let opened = try Store.open(fixture.folder, schema: next)
            #expect(try await !opened.isOutdated(by: next))
            #expect(try await opened.listProjects(limit: 10).items.count == 1)
            try opened.close()
        }
        #expect(try columns().contains("hue"))
        #expect(throws: StoreError.newerSchema) { try Store.open(fixture.folder) }
    }

    @Test func `from each migration on a store gets the schema of a new one`() throws {
        func tables(_ migrations: [String]) throws -> [String] {
            let queue = try DatabaseQueue()
            for name in migrations { try Schema.current.migrator.migrate(queue, upTo: name) }
            try Schema.current.migrator.migrate(queue)
            return try queue.read {
                try String.fetchAll(
                    $0, sql: "SELECT name || ': ' || coalesce(sql, '') FROM sqlite_master ORDER BY name")
            }
        }
        let new = try tables([])
        #expect(new.count > 30)
        for name in Schema.current.migrator.migrations { #expect(try tables([name]) == new) }
    }
}
