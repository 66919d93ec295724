package import Logging
import Storage

/// How what the store refuses reads over HTTP: each of its errors has one status and one text.
extension Problem {
    /// What a client is told of a failure of the store; no more than it can act on.
    init(_ error: StoreError) {
        switch error {
        case .nameTaken: self = .conflict("Another project has this name", field: "name")
        case .archived: self = .conflict("The project is archived, for good")
        case .revoked: self = .conflict("The access token is revoked, for good")
        case .expired: self = .conflict("The access token is expired: give it another expiry first")
        case .suspended: self = .conflict("The access token is suspended: resume it first")
        case .rotated:
            self = .conflict(
                "The access token was rotated or reissued already: 'rotated_to' is its successor")
        case .notEnded:
            self = .conflict("The access token has not ended: rotate it, or revoke it first")
        case .honey: self = .conflict("A honey token is not reissued: issue another one")
        case .claimed: self = .conflict("The invitation is claimed already: revoke its access token instead")
        case .active: self = .conflict("It is the active credential: switch to another first")
        case .otherUpstream:
            self = .conflict("The credential was given for another server than the project's upstream is")
        case .tooMany:
            self = .conflict(
                "A project keeps at most \(Store.maximumCredentials) credentials: remove a retired one first")
        case .idle:
            self = .conflict(
                "The access token was idle for too long: change its idle time too", field: "idle_expires_in")
        case .conflict: self = .conflict("It is there already")
        case .replayed: self = .conflict("It was done already, under this Idempotency-Key")
        case .keyReused: self = .keyReused
        case .changedMeanwhile: self = .preconditionFailed
        case .notFound: self = .missing("There is no such thing.")
        case .rowsRetired:
            self = .conflict("Usage of that age is kept by the quarter of an hour: round 'from' and 'to'")
        case .readOnly: self = .unavailable("it is read-only")
        case .full: self = .unavailable("its disk is full")
        case .busy: self = .unavailable("another program has locked it")
        case .failing: self = .unavailable("the system refuses to read or write it")
        case .inaccessible: self = .unavailable("the system does not let the server at its files")
        case .replaced: self = .unavailable("its folder, or a file of it, was deleted or replaced")
        case .notInitialised, .alreadyInitialised, .databaseMissing, .locked, .newerSchema, .olderSchema,
            .auditBroken, .corrupt, .other:
            self = .internal
        }
    }
}

extension StoreError {
    /// A stable name for logs, from a bounded set.
    package var reason: String {
        switch self {
        case .notInitialised: "not_initialised"
        case .alreadyInitialised: "already_initialised"
        case .databaseMissing: "database_missing"
        case .inaccessible: "inaccessible"
        case .replaced: "replaced"
        case .locked: "locked"
        case .newerSchema: "newer_schema"
        case .olderSchema: "older_schema"
        case .readOnly: "read_only"
        case .full: "full"
        case .busy: "busy"
        case .failing: "failing"
        case .nameTaken: "name_taken"
        case .notFound: "not_found"
        case .archived: "archived"
        case .revoked: "revoked"
        case .expired: "expired"
        case .suspended: "suspended"
        case .rotated: "rotated"
        case .notEnded: "not_ended"
        case .honey: "honey"
        case .claimed: "claimed"
        case .active: "active"
        case .otherUpstream: "other_upstream"
        case .tooMany: "too_many"
        case .idle: "idle"
        case .conflict: "conflict"
        case .replayed: "replayed"
        case .keyReused: "key_reused"
        case .changedMeanwhile: "changed_meanwhile"
        case .rowsRetired: "rows_retired"
        case .auditBroken: "audit_broken"
        case .corrupt: "corrupt"
        case .other(let code): "sqlite_\(code)"
        }
    }

    /// For logs: the reason, and which file it is about.
    package var metadata: Logger.Metadata {
        var metadata: Logger.Metadata = ["reason": .string(reason)]
        if let file { metadata["file"] = .string(file.rawValue) }
        return metadata
    }
}
