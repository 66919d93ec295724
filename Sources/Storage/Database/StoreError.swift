import GRDB
import Glibc

/// Why the store did not do what it was asked. Whatever it was, nothing changed.
package enum StoreError: Error, Hashable, Sendable {
    /// The folder holds no store (or only the ruins of one whose creation was cut off).
    case notInitialised
    case alreadyInitialised
    /// The database is gone from the folder, though `beside`, a file that only a store has, is there.
    case databaseMissing(beside: StoreFile)
    /// The system does not let this user at the folder or at a file of it: an `errno`.
    case inaccessible(StoreFile, code: Int32)
    /// The folder or a file of it was deleted or replaced while the store was open.
    case replaced(StoreFile)
    /// Another process has the folder open; its process id where it could be read.
    case locked(pid: Int32?)
    /// Written by a later version.
    case newerSchema
    /// Written by a version from before the first release.
    case olderSchema
    case readOnly
    case full
    /// Another program holds the file locked.
    case busy
    /// The system refused to read or write, or to open a file: SQLite's extended result code, or the negative
    /// of an `errno`.
    case failing(code: Int32)
    case nameTaken
    case notFound
    /// The project is archived: for good.
    case archived
    /// The access token is revoked: for good.
    case revoked
    /// The access token is expired: its expiry has to be changed first.
    case expired
    /// The access token is suspended: it has to be resumed first.
    case suspended
    /// The access token was rotated or reissued: its successor is the one to go on with.
    case rotated
    /// The access token still works, or is only suspended.
    case notEnded
    /// It is not done with a honey token.
    case honey
    /// The invitation is claimed, or not open any more for another reason.
    case claimed
    /// The upstream credential is the active one.
    case active
    /// The upstream credential was given for another server than the project's is.
    case otherUpstream
    /// The project has as many upstream credentials as it may have.
    case tooMany
    /// An access token that was idle for too long would have to be given more idle time, too, to work again.
    case idle
    /// A rule of the schema refused: an id or hash that is there already.
    case conflict
    /// The change was made already, under the same `Idempotency-Key`.
    case replayed(IdempotencyRecord)
    /// The resource has none of the entity tags of `If-Match`.
    case changedMeanwhile
    /// The `Idempotency-Key` stands for a request with another body.
    case keyReused
    /// Asked for a part of a quarter of an hour whose ledger rows are kept no longer.
    case rowsRetired
    /// Audit events that the keys vouch for are gone or changed, from about this one on: the chain is not
    /// begun anew.
    case auditBroken(sequence: Int64)
    /// The file is damaged, or holds what no version wrote.
    case corrupt
    /// SQLite's extended result code.
    case other(code: Int32)

    /// True where it was not the change but what the store lies on: the same may work in a moment.
    package var isOutage: Bool {
        switch self {
        case .readOnly, .full, .busy, .failing, .inaccessible, .replaced: true
        case .notInitialised, .alreadyInitialised, .databaseMissing, .locked, .newerSchema, .olderSchema,
            .nameTaken, .notFound, .archived, .revoked, .expired, .suspended, .rotated, .notEnded, .honey,
            .claimed,
            .active, .otherUpstream, .tooMany, .idle, .conflict, .replayed, .changedMeanwhile, .keyReused,
            .rowsRetired,
            .auditBroken, .corrupt, .other:
            false
        }
    }

    /// The file that it is about; nil where it is not about one.
    package var file: StoreFile? {
        if case .inaccessible(let file, _) = self { return file }
        if case .replaced(let file) = self { return file }
        return nil
    }

    /// The one place that knows GRDB's and SQLite's errors.
    init(_ error: any Error) {
        switch error {
        case let error as StoreError: self = error
        case let error as DatabaseError: self = Self(sqlite: error)
        case is CancellationError: self = .other(code: ResultCode.SQLITE_INTERRUPT.rawValue)
        default: self = .other(code: ResultCode.SQLITE_ERROR.rawValue)
        }
    }

    /// The one place that knows what the system answers.
    ///
    /// - Parameter file: what it was asked for.
    init(errno code: Int32, at file: StoreFile) {
        switch code {
        case ENOSPC, EDQUOT: self = .full
        case EROFS: self = .readOnly
        case EACCES, EPERM, ENOTDIR, ELOOP, ENAMETOOLONG: self = .inaccessible(file, code: code)
        case EEXIST: self = .conflict
        default: self = .failing(code: -code)
        }
    }

    private init(sqlite error: DatabaseError) {
        switch error.resultCode {
        case .SQLITE_BUSY, .SQLITE_LOCKED, .SQLITE_PROTOCOL: self = .busy
        case .SQLITE_READONLY, .SQLITE_PERM: self = .readOnly
        case .SQLITE_FULL: self = .full
        case .SQLITE_IOERR, .SQLITE_CANTOPEN: self = .failing(code: error.extendedResultCode.rawValue)
        case .SQLITE_CORRUPT, .SQLITE_NOTADB: self = .corrupt
        case .SQLITE_CONSTRAINT: self = .conflict
        default: self = .other(code: error.extendedResultCode.rawValue)
        }
    }
}
