import Domain
import Foundation
import GRDB
import Testing

@testable import Storage

@Suite struct StoreFilesTests {
    private let fixture: Fixture

    init() throws { fixture = try Fixture() }

    @Test func `a new store is private, durable and holds what it was made with`() async throws {
        let key = try fixture.managementKey()
        #expect(try !Store.exists(in: fixture.folder))
        let store = try await fixture.create(managementKey: key)
        #expect(try Store.exists(in: fixture.folder))
        #expect(try await store.sealedKeys() == fixture.sealedKeys)
        #expect(try await store.managementKey(hash: key.hash) == key)
        #expect(
            try await store.auditEvents(limit: 10).map(\.event.action) == [
                .storeInitialised, .managementKeyCreated,
            ])
        try await store.createProject(fixture.project(), by: .console(at: fixture.now))
        let files = FileManager.default
        #expect(try files.attributesOfItem(atPath: fixture.folder)[.posixPermissions] as? Int == 0o700)
        let names = try files.contentsOfDirectory(atPath: fixture.folder).sorted()
        #expect(names == ["latchkey.db", "latchkey.db-shm", "latchkey.db-wal", "lock"])
        for name in names {
            let mode =
                try files.attributesOfItem(atPath: fixture.folder + "/" + name)[.posixPermissions] as? Int
            #expect(mode == 0o600, "\(name)")
        }
        try await expectWriterSettings(of: store)
        try await store.ping()
        try await store.checkIntegrity()
    }

    /// Commits are on the disk (2 is FULL), and the log grows to 16 MiB.
    private func expectWriterSettings(of store: Store) async throws {
        let found = try await store.database.writer.writeWithoutTransaction { database in
            try ["synchronous", "wal_autocheckpoint", "page_size"].map {
                try Int.fetchOne(database, sql: "PRAGMA \($0)")
            }
        }
        #expect(found == [2, 4000, 4096])
    }

    @Test func `what was acknowledged is there after it is opened again`() async throws {
        let project = try fixture.project()
        do {
            let store = try await fixture.create()
            try await store.createProject(project, by: .console(at: fixture.now))
            try store.close()
        }
        let store = try Store.open(fixture.folder)
        #expect(try await store.project(project.id) == project)
        try await expectWriterSettings(of: store)
    }

    @Test func `a folder without a store is told so and left alone`() throws {
        #expect(throws: StoreError.notInitialised) { try Store.open(fixture.folder) }
        #expect(!FileManager.default.fileExists(atPath: fixture.folder))
    }

    @Test func `a creation that was cut off is no store and can be tried again`() async throws {
        try FileManager.default.createDirectory(atPath: fixture.folder, withIntermediateDirectories: true)
        for name in ["creating.db", "creating.db-journal"] {
            try Data("half".utf8).write(to: URL(filePath: fixture.folder + "/" + name))
        }
        #expect(try !Store.exists(in: fixture.folder))
        #expect(throws: StoreError.notInitialised) { try Store.open(fixture.folder) }
        let store = try await fixture.create()
        try await store.checkIntegrity()
        #expect(!FileManager.default.fileExists(atPath: fixture.folder + "/creating.db-journal"))
    }

    @Test func `what processes left that were ended is gone when the store is opened again`() async throws {
        do {
            let store = try await fixture.create()
            _ = try await store.makeBackup(sealedBy: Fixture.auditHash, by: .console(at: fixture.now))
            try store.close()
        }
        let backups = fixture.folder + "/backups"
        let made = try FileManager.default.contentsOfDirectory(atPath: backups)
        #expect(made.count == 1)
        let left = [
            "creating.db", "restoring.db", "restoring.db-wal",
            "backups/latchkey-2026-11-21T15-04-05.678Z.db.partial",
            "backups/latchkey-2026-11-21T15-04-05.678Z.db.partial-journal",
        ].map { fixture.folder + "/" + $0 }
        for path in left { try Data("half".utf8).write(to: URL(filePath: path)) }
        let store = try Store.open(fixture.folder)
        for path in left { #expect(!FileManager.default.fileExists(atPath: path)) }
        #expect(try FileManager.default.contentsOfDirectory(atPath: backups) == made)
        #expect(try store.listBackups().map(\.name) == made)
    }

    @Test(arguments: [StoreFile.log, .rollback, .journal])
    func `a database that is gone beside what only it had is no new folder`(_ file: StoreFile) async throws {
        do { try await fixture.create().close() }
        try FileManager.default.removeItem(atPath: fixture.databasePath)
        for left in [StoreFile.log, .logIndex] { unlink(left.path(in: fixture.folder)) }
        #expect(try !Store.exists(in: fixture.folder))
        try Data("pages".utf8).write(to: URL(filePath: file.path(in: fixture.folder)))
        let folder = fixture.folder
        let missing = StoreError.databaseMissing(beside: file)
        #expect(throws: missing) { try Store.exists(in: folder) }
        #expect(throws: missing) { try Store.open(folder) }
        await #expect(throws: missing) { _ = try await fixture.create() }
        #expect(!FileManager.default.fileExists(atPath: fixture.databasePath))
    }

    @Test func `a folder that cannot be looked at is not a folder without a store`() throws {
        try Data().write(to: URL(filePath: fixture.folder))
        let folder = fixture.folder
        let error = StoreError.inaccessible(.folder, code: ENOTDIR)
        #expect(throws: error) { try Store.exists(in: folder) }
        #expect(throws: error) { try Store.open(folder) }
        #expect(throws: error) { try Store.prepare(folder) }
        #expect(error.isOutage)
    }

    @Test func `a creation that fails leaves no store`() async throws {
        let folder = fixture.folder
        let twice = fixture.sealedKeys + fixture.sealedKeys
        await #expect(throws: StoreError.conflict) {
            _ = try await Store.create(
                in: folder, sealedKeys: twice, managementKey: nil, auditHash: Fixture.auditHash,
                by: .console(at: fixture.now))
        }
        #expect(try !Store.exists(in: folder))
    }

    @Test func `a store is never made over another`() async throws {
        let project = try fixture.project()
        do {
            let store = try await fixture.create()
            try await store.createProject(project, by: .console(at: fixture.now))
            try store.close()
        }
        await #expect(throws: StoreError.alreadyInitialised) { _ = try await fixture.create() }
        #expect(try await Store.open(fixture.folder).project(project.id) == project)
    }

    @Test func `a second opener is refused, and the folder is free once the first lets go`() async throws {
        do {
            let store = try await fixture.create()
            // The process id in the lock file is this one's own, which says nothing of another.
            #expect(throws: StoreError.locked(pid: nil)) { try Store.open(fixture.folder) }
            try await store.ping()
        }
        #expect(throws: Never.self) { _ = try Store.open(fixture.folder) }
    }

    @Test(arguments: [
        (LOCK_EX, getppid(), StoreError.locked(pid: getppid())), (LOCK_EX, getpid(), .locked(pid: nil)),
        // One that only looks does not write its process id there.
        (LOCK_SH, getppid(), .locked(pid: nil)), (LOCK_SH, getpid(), .locked(pid: nil)),
    ])
    func `the error of a folder in use names the owner, and nobody else`(
        _ kind: Int32, _ noted: Int32, _ error: StoreError
    ) async throws {
        do { try await fixture.create().close() }
        let path = StoreFile.lock.path(in: fixture.folder)
        try Data("\(noted)\n".utf8).write(to: URL(filePath: path))
        let file = open(path, O_RDONLY | O_CLOEXEC)
        defer { close(file) }
        #expect(flock(file, kind | LOCK_NB) == 0)
        #expect(throws: error) { try Store.open(fixture.folder) }
    }

    @Test func `a file that is no database is corrupt`() async throws {
        do { try await fixture.create().close() }
        try Data(repeating: 0x41, count: 8192).write(to: URL(filePath: fixture.databasePath))
        #expect(throws: StoreError.corrupt) { try Store.open(fixture.folder) }
    }

    @Test func `a row that no version wrote is corrupt, not a crash`() async throws {
        let project = try fixture.project()
        let store = try await fixture.create()
        try await store.createProject(project, by: .console(at: fixture.now))
        try fixture.tamper("UPDATE projects SET upstream = 'gopher://x'")
        await #expect(throws: StoreError.corrupt) { _ = try await store.project(project.id) }
    }
}
