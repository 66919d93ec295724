import Admin
package import Gateway
package import Storage
package import Vault

/// Why the data folder cannot be made or opened.
package enum InstallationError: ExplainedError {
    case notInitialised(folder: String)
    case alreadyInitialised(folder: String)
    case folder(String)
    case masterKeyFile(MasterKeyFile.Failure, path: String)
    case vault(VaultError)
    case store(StoreError, folder: String)
    case journal(JournalError, path: String)

    package var message: String {
        switch self {
        case .notInitialised(let folder): "the data folder \(folder) is not initialised"
        case .alreadyInitialised(let folder): "the data folder \(folder) is initialised already"
        case .folder(let folder): "cannot make the data folder \(folder)"
        case .masterKeyFile(let failure, let path): Self.message(failure, path)
        case .vault(let error): Self.message(error)
        case .store(let error, let folder): Self.message(error, folder)
        case .journal(let error, let path): Self.message(error, path)
        }
    }

    package var hint: String? {
        switch self {
        case .notInitialised: "run 'latchkey init' (or 'latchkey serve --init'), or set LATCHKEY_DATA_DIR"
        case .alreadyInitialised: "run 'latchkey serve'; or set LATCHKEY_DATA_DIR to another folder"
        case .folder: "LATCHKEY_DATA_DIR has to name a folder that this user may make"
        case .masterKeyFile(let failure, let path): Self.hint(failure, path)
        case .vault(let error): Self.hint(error)
        case .store(let error, _): Self.hint(error)
        case .journal(let error, let path): Self.hint(error, path)
        }
    }

    private static func message(_ failure: MasterKeyFile.Failure, _ path: String) -> String {
        switch failure {
        case .missing: "there is no master key file at \(path)"
        case .exists: "the master key file \(path) is there already"
        case .notAFile: "the master key file \(path) is not a plain file"
        case .exposed(let mode):
            "the master key file \(path) is open to others (mode \(String(mode, radix: 8)))"
        case .malformed: "the master key file \(path) does not hold 64 hex digits"
        case .system(let code): "cannot use the master key file \(path) (errno \(code))"
        }
    }

    private static func hint(_ failure: MasterKeyFile.Failure, _ path: String) -> String {
        switch failure {
        case .missing: "put the copy you kept there, or set LATCHKEY_MASTER_KEY or LATCHKEY_MASTER_KEY_FILE"
        case .exists: "try again: it is used as it is"
        case .notAFile: "LATCHKEY_MASTER_KEY_FILE has to name a file"
        case .exposed: "run: chmod 600 \(path)"
        case .malformed: "put the copy you kept there"
        case .system: "see that this user may read and write there"
        }
    }

    private static func message(_ error: VaultError) -> String {
        switch error {
        case .masterKeyMalformed: "the master key is not 64 hex digits"
        case .masterKeyWrong: "the master key is not that of this data folder"
        case .keyMissing(let id): "the data folder lacks its key '\(id)'"
        case .sealUnknown: "the data folder was sealed by a later version"
        case .sealTruncated, .sealBroken: "a sealed value in the data folder is damaged"
        }
    }

    private static func hint(_ error: VaultError) -> String {
        switch error {
        case .masterKeyMalformed, .masterKeyWrong:
            "LATCHKEY_MASTER_KEY, or else the master key file, has to be the one the folder was made with"
        case .sealUnknown: "use the version that wrote it, or a later one"
        case .keyMissing, .sealTruncated, .sealBroken: "put back the last backup of the data folder"
        }
    }

    private static func message(_ error: StoreError, _ folder: String) -> String {
        switch error {
        case .notInitialised: "the data folder \(folder) is not initialised"
        case .alreadyInitialised: "the data folder \(folder) is initialised already"
        case .locked(let pid?): "the data folder \(folder) is in use by process \(pid)"
        case .locked(nil): "the data folder \(folder) is in use by another process"
        case .newerSchema: "the data folder \(folder) was written by a later version"
        case .readOnly: "the data folder \(folder) cannot be written"
        case .full: "the disk of the data folder \(folder) is full"
        case .busy: "the database in \(folder) is locked by another program"
        case .failing(let code): "the database in \(folder) cannot be read or written (SQLite \(code))"
        case .corrupt: "the database in \(folder) is damaged"
        case .nameTaken, .notFound, .archived, .revoked, .expired, .suspended, .rotated, .notEnded, .honey,
            .claimed, .active, .otherUpstream, .tooMany, .idle, .conflict, .replayed, .keyReused,
            .rowsRetired, .other:
            "the database in \(folder) cannot be used (\(error.reason))"
        }
    }

    private static func hint(_ error: StoreError) -> String {
        switch error {
        case .notInitialised: "run 'latchkey init'"
        case .alreadyInitialised: "run 'latchkey serve'"
        case .locked:
            "one server runs on one folder: stop the other, or set LATCHKEY_DATA_DIR to another folder"
        case .newerSchema: "use the version that wrote it, or a later one"
        case .readOnly: "see that this user owns the folder and may write there"
        case .full: "make room and start again; nothing was lost"
        case .busy: "stop whatever has latchkey.db open"
        case .corrupt: "put back the last backup of the data folder"
        case .failing, .nameTaken, .notFound, .archived, .revoked, .expired, .suspended, .rotated, .notEnded,
            .honey, .claimed, .active, .otherUpstream, .tooMany, .idle, .conflict, .replayed, .keyReused,
            .rowsRetired, .other:
            "see that the folder is on a sound local disk"
        }
    }

    private static func message(_ error: JournalError, _ path: String) -> String {
        switch error {
        case .full: "there is no room on the disk for the journal \(path)"
        case .readOnly: "the journal \(path) cannot be written"
        case .newerVersion: "the journal \(path) was written by a later version"
        case .notAJournal: "the file \(path) is not a journal, or its head is damaged"
        case .failing(let code): "the journal \(path) cannot be used (errno \(code))"
        }
    }

    private static func hint(_ error: JournalError, _ path: String) -> String {
        switch error {
        case .full: "make room and start again, or lower LATCHKEY_JOURNAL_SLOTS; nothing was lost"
        case .readOnly: "see that this user owns the folder and may write there"
        case .newerVersion: "use the version that wrote it, or a later one"
        case .notAJournal:
            "move \(path) away: a new one is made, and requests that a crash left are not accounted for"
        case .failing: "see that the folder is on a sound local disk"
        }
    }
}
