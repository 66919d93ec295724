import Admin
package import Storage
package import Vault

/// Why a backup was not put back. The data folder is as it was.
package enum RestoreError: ExplainedError {
    /// There is a store, and none is to be replaced.
    case occupied(folder: String)
    case noBackup(String)
    /// The system refuses to read the backup.
    case unreadable(String, FileFailure)
    case damaged(String)
    case newerSchema(String)
    case olderSchema(String)
    case vault(VaultError, backup: String)
    /// It was changed since it was made, or does not say.
    case notAsMade(BackupCondition, backup: String)
    case audit(AuditVerdict.Bad, backup: String)
    /// The data folder, not the backup.
    case installation(InstallationError)

    init(_ error: StoreError, backup: String, folder: String) {
        switch error {
        case .alreadyInitialised: self = .occupied(folder: folder)
        case .notFound: self = .noBackup(backup)
        case .inaccessible(.backup, let code): self = .unreadable(backup, FileFailure(code, at: backup))
        case .corrupt: self = .damaged(backup)
        case .newerSchema: self = .newerSchema(backup)
        case .olderSchema: self = .olderSchema(backup)
        default: self = .installation(.store(error, folder: folder))
        }
    }

    package var message: String {
        switch self {
        case .occupied(let folder): "the data folder \(folder) holds a store already"
        case .noBackup(let backup): "there is no backup \(backup)"
        case .unreadable(let backup, let failure): "cannot read the backup \(backup): \(failure.reason)"
        case .damaged(let backup): "\(backup) is damaged, or no backup of a store"
        case .newerSchema(let backup): "\(backup) was written by a later version"
        case .olderSchema(let backup): "\(backup) was written by a version from before the first release"
        case .vault(.masterKeyWrong, let backup):
            "the master key is not the one that \(backup) was made under"
        case .vault(let error, _): InstallationError.vault(error).message
        case .notAsMade(.unsealed, let backup): "\(backup) has no seal that says it is as it was made"
        case .notAsMade(_, let backup): "\(backup) was changed since it was made"
        case .audit(let bad, let backup):
            "the audit in \(backup) is broken at event \(bad.sequence): \(bad.flaw.clause)"
        case .installation(let error): error.message
        }
    }

    package var isWrongUsage: Bool {
        switch self {
        case .noBackup, .unreadable: true
        case .occupied, .damaged, .newerSchema, .olderSchema, .vault, .notAsMade, .audit, .installation: false
        }
    }

    package var hint: String? {
        switch self {
        case .occupied: "--replace puts that one aside; or name an empty folder with --data-dir"
        case .noBackup: "name the file of a backup; the server's own are in 'backups' of its data folder"
        case .unreadable(_, let failure): failure.hint ?? "give a file that this user may read"
        case .damaged: "take an earlier backup"
        case .newerSchema: "use the version that wrote it, or a later one"
        case .olderSchema: "its format is not supported: take a later backup"
        case .vault(.masterKeyWrong, _):
            "after a rotation an older backup needs the master key of its time: name its file with "
                + "LATCHKEY_MASTER_KEY_FILE"
        case .vault(let error, _): InstallationError.vault(error).hint
        case .notAsMade(.unsealed, _):
            """
            it is no whole backup, or the seal was removed; where you know that nobody could change it, \
            --unverified puts it back
            """
        case .notAsMade: "take another one; --unverified puts it back all the same, and the audit says so"
        case .audit: "somebody changed the backup, or the store before it was made; take an earlier one"
        case .installation(let error): error.hint
        }
    }
}
