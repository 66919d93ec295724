package import Domain
import Foundation
import GRDB

/// Copies of the store, made while it is in use. The master key is in none of them: what is sealed stays
/// sealed.
extension Store {
    /// Copies what is committed at one moment into a file of its own (0600), looks whether it is sound, seals
    /// it (``BackupSeal``) and puts it on the disk; only then is it audited. Neither readers nor the writer
    /// wait for it. Throws what the disk does, and leaves nothing then. The event is not in the copy; the
    /// audit's head that is returned is.
    package func makeBackup(
        sealedBy hashing: AuditHashing, by context: ChangeContext
    ) async throws(StoreError) -> (file: BackupFile, head: AuditHead) {
        // It is copied by its name.
        try database.checkFiles()
        let folder = backupFolder
        let path = try folder.begin(BackupFile.name(at: context.now))
        let (file, head): (BackupFile, AuditHead)
        do {
            try await Self.copy(database: files.database, to: path)
            head = try await Self.inspect(path)
            try BackupSeal.append(to: path, hashing)
            file = try folder.commit(BackupFile.name(at: context.now))
        } catch {
            folder.abandon(path)
            throw StoreError(error)
        }
        do {
            try await database.change(by: context) { _ in
                .made(
                    (),
                    AuditEvent(
                        principal: context.principal, action: .backupCreated, subject: file.name,
                        details: [
                            AuditEvent.Detail("bytes", String(file.bytes)),
                            AuditEvent.Detail("head", head.description),
                        ]))
            }
        } catch {
            // No audit, no backup.
            try? folder.remove(file.name)
            throw error
        }
        return (file, head)
    }

    /// Newest first.
    package func listBackups() throws(StoreError) -> [BackupFile] { try backupFolder.list() }

    /// A descriptor to read one by, which the caller closes; nil where there is none of that name.
    package func openBackup(_ name: String) throws(StoreError) -> Int32? {
        try backupFolder.descriptor(of: name)
    }

    /// Throws `notFound`.
    package func deleteBackup(
        _ name: String, by context: ChangeContext
    ) async throws(StoreError) {
        let folder = backupFolder
        guard try folder.has(name) else { throw .notFound }
        // Told first: one that then cannot be removed is still listed, but none is gone of which nothing
        // tells.
        try await database.change(by: context) { _ in
            .made((), AuditEvent(principal: context.principal, action: .backupDeleted, subject: name))
        }
        try folder.remove(name)
    }

    private var backupFolder: BackupFolder { files.backups }

    /// By a connection of its own, which reads one moment of the write-ahead log.
    private static func copy(database: String, to path: String) async throws {
        var configuration = Configuration()
        configuration.readonly = true
        configuration.busyMode = .timeout(5)
        configuration.label = "backup"
        let source = try DatabaseQueue(path: database, configuration: configuration)
        try await source.writeWithoutTransaction { database in
            try database.execute(sql: "VACUUM INTO ?", arguments: [path])
        }
        try source.close()
    }

    private static func inspect(_ path: String) async throws -> AuditHead {
        var configuration = Configuration()
        configuration.readonly = true
        configuration.label = "backup"
        let copy = try DatabaseQueue(path: path, configuration: configuration)
        let head = try await copy.read { database in
            try Self.requireSound(database)
            return try AuditChain.head(in: database)
        }
        try copy.close()
        return head
    }

    /// Throws `corrupt` where SQLite finds damage, and `failing` where it could not read.
    static func requireSound(_ database: Database) throws {
        let faults = ReadFaults.count
        guard try String.fetchAll(database, sql: "PRAGMA integrity_check") == ["ok"],
            try Row.fetchOne(database, sql: "PRAGMA foreign_key_check") == nil
        else {
            // What it could not read it lists as damage.
            throw ReadFaults.count == faults
                ? StoreError.corrupt : .failing(code: ResultCode.SQLITE_IOERR_READ.rawValue)
        }
    }
}
