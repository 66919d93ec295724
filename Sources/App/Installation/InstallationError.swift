import Admin
package import Gateway
import Glibc
package import Storage
package import Vault

/// Why the data folder cannot be made or opened.
package enum InstallationError: ExplainedError {
    case notInitialised(folder: String)
    case alreadyInitialised(folder: String)
    /// The data folder or a file of it is one that others than its owner may use.
    case exposed(StoreFile, FileExposure, folder: String)
    case masterKeyFile(MasterKeyFile.Failure, path: String)
    case vault(VaultError)
    /// The upstream key of a project cannot be opened.
    case upstreamKey(VaultError, project: String)
    /// The upstream key of a project was given for another server than its upstream is.
    case otherServer(project: String)
    /// A retired upstream key of a project, which is not used, cannot be opened.
    case retiredUpstreamKey(VaultError, id: String, project: String)
    /// There is no project of this id or name.
    case noProject(String)
    case store(StoreError, folder: String)
    case journal(JournalError, path: String)

    /// True where another process, a server as a rule, has the folder open.
    package var isInUse: Bool {
        if case .store(.locked, _) = self { return true }
        return false
    }

    package var message: String {
        switch self {
        case .notInitialised(let folder): "the data folder \(folder) is not initialised"
        case .alreadyInitialised(let folder): "the data folder \(folder) is initialised already"
        case .exposed(let file, let exposure, let folder):
            "\(Self.words(file, folder)) \(exposure.clause)"
        case .masterKeyFile(let failure, let path): Self.message(failure, path)
        case .vault(let error): Self.message(error)
        case .upstreamKey(let error, let project):
            "the upstream key of project \(project) cannot be opened: \(Self.message(error))"
        case .otherServer(let project):
            "the upstream key of project \(project) was given for another server than its upstream is"
        case .retiredUpstreamKey(let error, let id, let project):
            "the retired upstream key \(id) of project \(project) cannot be opened: \(Self.message(error))"
        case .noProject(let reference): "there is no project '\(reference)'"
        case .store(let error, let folder): Self.message(error, folder)
        case .journal(let error, let path): Self.message(error, path)
        }
    }

    package var hint: String? {
        switch self {
        case .notInitialised: "run 'latchkey init' (or 'latchkey serve --init'), or set LATCHKEY_DATA_DIR"
        case .alreadyInitialised: "run 'latchkey serve'; or set LATCHKEY_DATA_DIR to another folder"
        case .exposed(.folder, let exposure, let folder) where !exposure.canChangeMode:
            "set LATCHKEY_DATA_DIR to a folder inside \(folder), which is made for this user alone"
        case .exposed(let file, let exposure, let folder):
            exposure.hint(file.path(in: folder), closed: file.isFolder ? "700" : "600")
        case .masterKeyFile(let failure, let path): Self.hint(failure, path)
        case .vault(let error): Self.hint(error)
        case .upstreamKey(_, let project), .otherServer(let project):
            """
            something else changed the database: put the last backup back, or look where the project's \
            upstream leads and give its key again: latchkey credential set \(project)
            """
        case .retiredUpstreamKey(_, let id, let project):
            "if it is not needed, start the server and run: latchkey credential remove \(project) \(id)"
        case .noProject: "give the id or the name of a project that there is"
        case .store(let error, let folder): Self.hint(error, folder)
        case .journal(let error, let path): Self.hint(error, path)
        }
    }

    private static func message(_ failure: MasterKeyFile.Failure, _ path: String) -> String {
        switch failure {
        case .missing: "there is no master key file at \(path)"
        case .exists: "the master key file \(path) is there already"
        case .notAFile: "the master key file \(path) is not a regular file"
        case .exposed(let exposure): "the master key file \(path) \(exposure.clause)"
        case .malformed: "the master key file \(path) does not hold 64 hex digits"
        case .system(let code):
            "cannot use the master key file \(path): \(FileFailure(code, at: path).reason)"
        }
    }

    private static func hint(_ failure: MasterKeyFile.Failure, _ path: String) -> String {
        switch failure {
        case .missing: "put the copy you kept there, or set LATCHKEY_MASTER_KEY or LATCHKEY_MASTER_KEY_FILE"
        case .exists: "try again: it is used as it is"
        case .notAFile: "LATCHKEY_MASTER_KEY_FILE has to name a file"
        case .exposed(let exposure): exposure.hint(path)
        case .malformed: "put the copy you kept there"
        case .system(let code):
            FileFailure(code, at: path).hint ?? "see that this user may read and write there"
        }
    }

    private static func message(_ error: VaultError) -> String {
        switch error {
        case .masterKeyMalformed: "the master key is not 64 hex digits"
        case .masterKeyWrong: "the master key is not that of this data folder"
        case .keyMissing(let id): "the data folder lacks its key '\(id)'"
        case .sealUnknown: "the data folder was sealed by a later version"
        case .sealTruncated, .sealBroken:
            "a sealed value in the data folder is damaged, or not where it was sealed"
        }
    }

    private static func hint(_ error: VaultError) -> String {
        switch error {
        case .masterKeyMalformed, .masterKeyWrong:
            "LATCHKEY_MASTER_KEY, or else the master key file, has to be the one the folder was made with"
        case .sealUnknown: "use the version that wrote it, or a later one"
        case .keyMissing, .sealTruncated, .sealBroken: restoreHint
        }
    }

    private static let restoreHint =
        "stop the server and put the last backup back: latchkey restore BACKUP --replace"

    private static func message(_ error: StoreError, _ folder: String) -> String {
        switch error {
        case .notInitialised: "the data folder \(folder) is not initialised"
        case .alreadyInitialised: "the data folder \(folder) is initialised already"
        case .databaseMissing(let beside):
            "the database latchkey.db is missing from the data folder \(folder), though \(beside.rawValue) "
                + "is there"
        case .inaccessible(let file, let code):
            "cannot use \(words(file, folder)): \(FileFailure(code, at: file.path(in: folder)).reason)"
        case .replaced(let file): "\(words(file, folder)) was deleted or replaced while it was in use"
        case .locked(let pid?): "the data folder \(folder) is in use by process \(pid)"
        case .locked(nil): "the data folder \(folder) is in use by another process"
        case .newerSchema: "the data folder \(folder) was written by a later version"
        case .olderSchema: "the data folder \(folder) was written by a version from before the first release"
        case .readOnly: "the data folder \(folder) cannot be written"
        case .full: "the disk of the data folder \(folder) is full"
        case .busy: "the database in \(folder) is locked by another program"
        case .failing(let code):
            "the database in \(folder) cannot be read or written (\(Self.words(code)))"
        case .auditBroken(let sequence):
            "the audit in \(folder) was tampered with: event \(sequence) is not as the keys of this folder "
                + "vouch for it"
        case .corrupt: "the database in \(folder) is damaged"
        case .nameTaken, .notFound, .archived, .revoked, .expired, .suspended, .rotated, .notEnded, .honey,
            .claimed, .active, .otherUpstream, .tooMany, .idle, .conflict, .replayed, .changedMeanwhile,
            .keyReused,
            .rowsRetired, .other:
            "the database in \(folder) cannot be used (\(error.reason))"
        }
    }

    private static func words(_ file: StoreFile, _ folder: String) -> String {
        file == .folder ? "the data folder \(folder)" : file.path(in: folder)
    }

    /// Of SQLite's result code, or the negative of an `errno`.
    private static func words(_ code: Int32) -> String {
        code < 0 ? String(cString: strerror(-code)).lowercased() : "SQLite \(code)"
    }

    private static func hint(_ error: StoreError, _ folder: String) -> String {
        switch error {
        case .notInitialised: "run 'latchkey init'"
        case .alreadyInitialised: "run 'latchkey serve'"
        case .databaseMissing:
            """
            put latchkey.db back, or a backup: latchkey restore BACKUP --data-dir \(folder); \
            to begin anew, set LATCHKEY_DATA_DIR to an empty folder
            """
        case .inaccessible(let file, let code):
            FileFailure(code, at: file.path(in: folder)).hint
                ?? "LATCHKEY_DATA_DIR must name a folder that this user may use"
        case .replaced:
            "put it back as it was; or stop the server, and put the last backup back: latchkey restore BACKUP"
        case .locked:
            "one server runs on one folder: stop the other, or set LATCHKEY_DATA_DIR to another folder"
        case .newerSchema: "use the version that wrote it, or a later one"
        case .olderSchema:
            "its format is not supported: set LATCHKEY_DATA_DIR to an empty folder and begin anew"
        case .readOnly: "see that this user owns the folder and may write there"
        case .full: "make room and start again; nothing was lost"
        case .busy: "stop whatever has latchkey.db open"
        case .auditBroken, .corrupt: restoreHint
        case .failing, .nameTaken, .notFound, .archived, .revoked, .expired, .suspended, .rotated, .notEnded,
            .honey, .claimed, .active, .otherUpstream, .tooMany, .idle, .conflict, .replayed,
            .changedMeanwhile, .keyReused,
            .rowsRetired, .other:
            "see that the folder is on a sound local disk"
        }
    }

    private static func message(_ error: JournalError, _ path: String) -> String {
        switch error {
        case .full: "there is no room on the disk for the journal \(path)"
        case .readOnly: "the journal \(path) cannot be written"
        case .otherVersion: "the journal \(path) was written by another version"
        case .notAJournal: "the file \(path) is not a journal, or its head is damaged"
        case .failing(let code):
            "the journal \(path) cannot be used: \(FileFailure(code, at: path).reason)"
        }
    }

    private static func hint(_ error: JournalError, _ path: String) -> String {
        switch error {
        case .full: "make room and start again, or lower LATCHKEY_JOURNAL_SLOTS; nothing was lost"
        case .readOnly: "see that this user owns the folder and may write there"
        case .otherVersion:
            "use the version that wrote it; or move \(path) away, and what a crash left in it is not "
                + "accounted for"
        case .notAJournal:
            "move \(path) away: a new one is made, and requests that a crash left are not accounted for"
        case .failing(let code):
            FileFailure(code, at: path).hint ?? "see that the folder is on a sound local disk"
        }
    }
}
