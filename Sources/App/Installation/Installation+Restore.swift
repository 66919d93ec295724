package import Domain
import Storage
import Vault

/// Putting a backup back: offline, for a server holds its folder.
extension Installation {
    package struct Restored: Sendable {
        /// How many audit events the backup has.
        package let events: Int64
        /// The backup's seal said that it is as it was made.
        package let isAsMade: Bool
        /// Files of the data folder that were there before, by the names that they have now.
        package let aside: [String]
    }

    /// The backup becomes the store of the data folder, once it was found sound, the master key opens it, it
    /// is as it was made, and its audit is whole, also against `head` where one was kept. `unverified` lets
    /// one pass that was changed since it was made or has no seal; the audit says so.
    ///
    /// The journal of what was under way goes aside and is never replayed: it tells of requests of another
    /// life. Its rows would be charged to limits and periods that the restored store has not come to, or
    /// counted twice where it has, for the ids that tell rows apart begin anew where the backup ends.
    package func restore(
        _ backup: String, replacing: Bool, unverified: Bool = false, head: AuditHead? = nil, at now: Timestamp
    ) async throws(RestoreError) -> Restored {
        let folder = settings.dataFolder
        let masterKey: MasterKey
        do {
            try makeFolder()
            masterKey = try self.masterKey(creating: false)
        } catch {
            throw .installation(error)
        }
        let restoration: Restoration
        do {
            restoration = try Restoration(of: backup, into: folder, replacing: replacing)
        } catch {
            throw RestoreError(error, backup: backup, folder: folder)
        }
        do throws(RestoreError) {
            let keyRing = try await Self.openVault(masterKey, of: restoration, backup: backup, folder)
            let condition: BackupCondition
            let verdict: AuditVerdict
            do {
                condition = try restoration.condition(keyRing.backupHash)
            } catch {
                throw RestoreError(error, backup: backup, folder: folder)
            }
            guard condition == .sound || unverified else { throw .notAsMade(condition, backup: backup) }
            do {
                verdict = try await restoration.verifyAudit(
                    keyRing.auditHash, sealedHead: keyRing.sealedHead, against: head)
            } catch {
                throw RestoreError(error, backup: backup, folder: folder)
            }
            if let bad = verdict.firstBad { throw .audit(bad, backup: backup) }
            do {
                return Restored(
                    events: verdict.checked, isAsMade: condition == .sound,
                    aside: try await restoration.commit(condition, by: .console(at: now)))
            } catch {
                throw RestoreError(error, backup: backup, folder: folder)
            }
        } catch {
            restoration.abandon()
            throw error
        }
    }

    private static func openVault(
        _ masterKey: MasterKey, of restoration: Restoration, backup: String, _ folder: String
    ) async throws(RestoreError) -> KeyRing {
        let sealed: [SealedKey]
        do {
            sealed = try await restoration.sealedKeys()
        } catch {
            throw RestoreError(error, backup: backup, folder: folder)
        }
        do {
            return try KeyRing(masterKey: masterKey, sealed: sealed)
        } catch {
            throw .vault(error, backup: backup)
        }
    }
}
