import GRDB

/// Looking at a store on which no server runs: no file of its folder is made, changed or removed.
extension Store {
    /// Opens the store of a folder for reading: every change throws. Holds the folder's lock, so that no
    /// server starts until the store is let go of. Throws `notInitialised`, `locked`, `newerSchema` or
    /// `olderSchema` where that is so, and what the disk does.
    package static func look(at folder: String) throws(StoreError) -> Store {
        try look(at: folder, schema: .current)
    }

    static func look(at folder: String, schema: Schema) throws(StoreError) -> Store {
        let files = DataFolder(path: folder)
        guard try exists(in: folder) else { throw .notInitialised }
        let lock = try InstanceLock(lookingAt: folder)
        let way = try UnchangedFiles(files)
        do {
            let queue = try DatabaseQueue(path: way.uri, configuration: way.configuration)
            try queue.read(schema.requireKnown)
            return Store(database: AuditedDatabase(queue), files, lock: lock)
        } catch {
            throw StoreError(error)
        }
    }

    /// Throws `inaccessible` or `readOnly` where this user may not read and write the folder and the files of
    /// the store.
    package static func requireAccess(to folder: String) throws(StoreError) {
        try DataFolder(path: folder).requireAccess()
    }

    /// True for a store of an earlier version, which the next start migrates. Only ``sealedKeys()`` can be
    /// read of it.
    package func isOutdated() async throws(StoreError) -> Bool { try await isOutdated(by: .current) }

    func isOutdated(by schema: Schema) async throws(StoreError) -> Bool {
        try await database.read { try !schema.migrator.hasCompletedMigrations($0) }
    }
}
