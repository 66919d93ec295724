package import Domain
import GRDB

/// The durable truth of one data folder: projects, upstream credentials, access tokens, management keys, and
/// who changed them when.
///
/// It owns the database and the folder's instance lock. When a change has returned it is on the disk
/// (write-ahead log, `synchronous=FULL`) together with its audit event; when it threw, neither is. Nothing
/// here knows a secret: hashes and sealed bytes come in, and go out.
package final class Store: Sendable {
    let database: AuditedDatabase
    let files: DataFolder
    /// nil of a store that is looked at, if no server ever ran there.
    private let lock: InstanceLock?
    let ledgerNames = LedgerNamesCache()

    init(database: AuditedDatabase, _ files: DataFolder, lock: InstanceLock?) {
        self.database = database
        self.files = files
        self.lock = lock
    }

    /// True where a store was created whole. Throws `inaccessible` where this user cannot look, and
    /// `databaseMissing` where only remains of one are there.
    package static func exists(in folder: String) throws(StoreError) -> Bool {
        switch try DataFolder(path: folder).content() {
        case .nothing: false
        case .store: true
        case .remains(let file): throw .databaseMissing(beside: file)
        }
    }

    /// Makes the folder where it is missing, and closes it to others where it is not and is this user's.
    package static func prepare(_ folder: String) throws(StoreError) {
        try DataFolder(path: folder).prepare()
    }

    /// Makes the folder where it is missing, and a store with these keys in it. A creation that is cut off
    /// leaves nothing that ``exists(in:)`` or ``open(_:)`` takes for a store, and can be tried again.
    package static func create(
        in folder: String, sealedKeys: [SealedKey], managementKey: ManagementKey?,
        auditHash: @escaping AuditHashing, by context: ChangeContext
    ) async throws(StoreError) -> Store {
        let files = DataFolder(path: folder)
        try files.prepare()
        let lock = try InstanceLock(folder: folder)
        guard try !exists(in: folder) else { throw .alreadyInitialised }
        let path = try files.beginCreation()
        let chain = AuditChain(hashing: auditHash)
        try await fill(path, chain, with: sealedKeys, by: context)
        if let managementKey {
            let unfinished = Store(
                database: AuditedDatabase(try queue(path), chain: chain), files, lock: lock)
            try await unfinished.createManagementKey(managementKey, by: context)
            try unfinished.close()
        }
        try files.commitCreation()
        return Store(database: try open(files, chain, .current), files, lock: lock)
    }

    /// Throws `notInitialised`, `locked`, `newerSchema` or `olderSchema` where that is so; brings the schema
    /// of an earlier version up to date, and deletes what was left unfinished. Nothing can be changed before
    /// ``beginAudit(_:sealedHead:)``.
    package static func open(_ folder: String) throws(StoreError) -> Store {
        try open(folder, schema: .current)
    }

    static func open(_ folder: String, schema: Schema) throws(StoreError) -> Store {
        let files = DataFolder(path: folder)
        guard try exists(in: folder) else { throw .notInitialised }
        try files.requireAccess()
        let lock = try InstanceLock(folder: folder)
        files.dropUnfinished()
        return Store(database: try open(files, nil, schema), files, lock: lock)
    }

    /// Closes the database. The folder is free for another process when the store is let go of.
    package func close() throws(StoreError) { try database.close() }

    /// As of the last change that was kept or failed of what the store lies on, or the last ``ping()``.
    package var condition: StoreCondition { database.condition }

    /// Throws where a change could not be made now. A disk that got full is found by the first change that
    /// fails of it; from then on, until one is kept, this writes to see whether there is room again.
    package func ping() async throws(StoreError) { try await database.probe() }

    /// Throws `replaced` where the data folder or a file of it was deleted or replaced since it was opened:
    /// what is written now would be lost. Asked before every change, too.
    package func checkFiles() throws(StoreError) { try database.checkFiles() }

    /// From now on ``checkFiles()`` looks at the journal, too.
    package func watchJournal() throws(StoreError) { try database.watch?.add(.journal) }

    /// Throws `corrupt` where SQLite finds damage. Reads the whole file.
    package func checkIntegrity() async throws(StoreError) {
        try await database.read { try Self.requireSound($0) }
    }

    /// Events in the order in which they happened, from the one behind `sequence`.
    package func auditEvents(after sequence: Int64 = 0, limit: Int) async throws(StoreError) -> [AuditRecord]
    {
        try await database.read { database in
            try AuditChain.rows(after: sequence, limit: limit, in: database).map(AuditRecord.init)
        }
    }

    // MARK: - Opening

    /// One second: nobody else writes, so only a stray tool could hold the file, and whoever waits for it
    /// keeps all other changes waiting.
    private static var configuration: Configuration {
        ReadFaults.install()
        var configuration = Configuration()
        configuration.busyMode = .timeout(1)
        configuration.foreignKeysEnabled = true
        configuration.label = "store"
        return configuration
    }

    /// One connection without a write-ahead log, so that the file alone is the store when it is renamed.
    static func queue(_ path: String) throws(StoreError) -> DatabaseQueue {
        do {
            return try DatabaseQueue(path: path, configuration: configuration)
        } catch {
            throw StoreError(error)
        }
    }

    private static func fill(
        _ path: String, _ chain: AuditChain, with keys: [SealedKey], by context: ChangeContext
    ) async throws(StoreError) {
        let queue = try queue(path)
        do {
            try Schema.current.migrator.migrate(queue)
        } catch {
            throw StoreError(error)
        }
        let database = AuditedDatabase(queue, chain: chain)
        try await database.change(by: context) { database in
            for key in keys { try key.insert(in: database) }
            return .made(
                (), AuditEvent(principal: context.principal, action: .storeInitialised, subject: "store"))
        }
        try database.close()
    }

    /// By a connection that writes nothing: a pool leaves its mark on every file that it opens.
    private static func requireKnown(_ schema: Schema, _ files: DataFolder) throws(StoreError) {
        let queue = try queue(files.database)
        do {
            try queue.read(schema.requireKnown)
            try queue.close()
        } catch {
            throw StoreError(error)
        }
    }

    private static func open(
        _ files: DataFolder, _ chain: AuditChain?, _ schema: Schema
    ) throws(StoreError) -> AuditedDatabase {
        try requireKnown(schema, files)
        do {
            let pool = try DatabasePool(path: files.database, configuration: configuration)
            try pool.writeWithoutTransaction { database in
                // GRDB's pool has set NORMAL by now, under which the last changes may be lost with the power.
                try database.execute(sql: "PRAGMA synchronous = FULL")
                // 16 MiB; the default is 4. A checkpoint takes two syncs, for which the ledger's commits
                // wait.
                try database.execute(sql: "PRAGMA wal_autocheckpoint = 4000")
                guard try Int.fetchOne(database, sql: "PRAGMA synchronous") == 2 else {
                    throw StoreError.other(code: ResultCode.SQLITE_MISUSE.rawValue)
                }
            }
            try schema.migrator.migrate(pool)
            let watch = try FileWatch(folder: files.path)
            let database = AuditedDatabase(pool, chain: chain, watch: watch)
            try database.dropRoomProof()
            return database
        } catch {
            throw StoreError(error)
        }
    }
}
