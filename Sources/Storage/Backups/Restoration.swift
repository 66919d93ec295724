package import Domain
import Foundation
import GRDB

/// A backup on its way to become the store of a data folder, by a process that holds the folder's lock:
/// looked at whole before anything that is there is touched.
///
///     restoring.db ─ sound? ─ known version? ─ vault opens? ─ as it was made? ─ audit chain? ─▶ latchkey.db
///
/// What was there is put aside, not removed: the old store with its write-ahead log and its journal, which
/// would be taken for the new one's. A restoration that is cut off leaves the folder with its old store, or
/// without one, and can be tried again.
package final class Restoration: Sendable {
    private let files: DataFolder
    private let store: Store
    private let hasOld: Bool
    private let seal: BackupSeal?
    private let queue: DatabaseQueue

    /// Takes the lock and the copy. Throws `alreadyInitialised` where the folder holds a store and none is to
    /// be replaced, `notFound` where there is no such backup, `corrupt` where it is not sound or no store of
    /// ours, and `newerSchema` or `olderSchema`.
    package init(of backup: String, into folder: String, replacing: Bool) throws(StoreError) {
        files = DataFolder(path: folder)
        try files.prepare()
        let lock = try InstanceLock(folder: folder)
        hasOld = try files.content() == .store
        guard replacing || !hasOld else { throw .alreadyInitialised }
        try files.copyRestoring(from: backup)
        do {
            seal = try BackupSeal.cut(from: files.restoring)
            queue = try Store.queue(files.restoring)
            try queue.writeWithoutTransaction { database in
                guard try database.tableExists("vault_keys"), try database.tableExists("audit_events") else {
                    throw StoreError.corrupt
                }
                try Store.requireSound(database)
                try Schema.current.requireKnown(in: database)
            }
        } catch {
            files.dropRestoring()
            throw StoreError(error)
        }
        store = Store(database: AuditedDatabase(queue), files, lock: lock)
    }

    /// For the vault, to see whether its master key fits.
    package func sealedKeys() async throws(StoreError) -> [SealedKey] { try await store.sealedKeys() }

    /// What the backup's seal says of it, under the key of the vault that is in it. In front of
    /// ``verifyAudit(_:sealedHead:against:)``, which changes the copy.
    package func condition(_ hashing: AuditHashing) throws(StoreError) -> BackupCondition {
        guard let seal else { return .unsealed }
        return try seal.fits(files.restoring, hashing) ? .sound : .changed
    }

    /// Brings the copy up to date and looks through the audit chain, against the head that was sealed with
    /// the keys and one that was kept, where there are such.
    package func verifyAudit(
        _ hashing: @escaping AuditHashing, sealedHead: AuditHead?, against known: AuditHead?
    ) async throws(StoreError) -> AuditVerdict {
        do {
            try Schema.current.migrator.migrate(queue)
        } catch {
            throw StoreError(error)
        }
        do {
            try await store.beginAudit(hashing, sealedHead: sealedHead)
        } catch .auditBroken {
            // The look at the chain says where.
        }
        return try await store.verifyAudit(against: known)
    }

    /// Writes into it that it was restored and what its seal said, puts aside what is there, and gives it its
    /// place. Behind ``verifyAudit(_:sealedHead:against:)``. Returns what was put aside.
    package func commit(
        _ condition: BackupCondition, by context: ChangeContext
    ) async throws(StoreError) -> [String] {
        let head = try await store.auditHead()
        try await store.database.change(by: context) { _ in
            .made(
                (),
                AuditEvent(
                    principal: context.principal, action: .storeRestored, subject: "store",
                    details: [
                        AuditEvent.Detail("head", head.description),
                        AuditEvent.Detail("backup", condition.rawValue),
                    ]))
        }
        try store.close()
        if hasOld { Self.foldLog(of: files.database) }
        return try files.commitRestoring(at: context.now)
    }

    package func abandon() {
        try? store.close()
        files.dropRestoring()
    }

    /// Folds the write-ahead log of the old store in, so that it is whole in its one file. Where it is too
    /// damaged for that the log goes aside with it.
    private static func foldLog(of path: String) {
        guard let queue = try? DatabaseQueue(path: path) else { return }
        try? queue.writeWithoutTransaction { try $0.execute(sql: "PRAGMA wal_checkpoint(TRUNCATE)") }
        try? queue.close()
    }
}
