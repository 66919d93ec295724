package import Domain
import GRDB
import Synchronization

/// What a request asks for that carries an `Idempotency-Key`: that it is done once, however often it is sent.
///
/// The first change that the request makes writes the claim down in its own transaction, so that a crash
/// between the commit and the answer leaves both or neither. A change on behalf of a claim that is written
/// down already is refused with what was made then. It reaches the change through ``current``, so that no
/// change needs to know of it.
package final class IdempotencyClaim: Sendable {
    /// The claim of the request that this task answers.
    @TaskLocal package static var current: IdempotencyClaim?

    /// How long a claim is kept, in milliseconds: 24 hours.
    package static let lifetime: Int64 = 86_400_000

    /// Claims past their lifetime that one claim drops at most.
    static let dropLimit = 100

    let principal: Principal
    /// Method and path.
    let route: String
    let key: String
    /// Of the request's body.
    let hash: CredentialHash
    /// Of the answer that tells of the change.
    let status: Int
    private let isKept = Atomic(false)
    private let found = Mutex<IdempotencyRecord?>(nil)

    package init(
        by principal: Principal, route: String, key: String, hash: CredentialHash, status: Int
    ) {
        self.principal = principal
        self.route = route
        self.key = key
        self.hash = hash
        self.status = status
    }

    /// What was made under it before; nil where that was not found, or not looked for yet.
    package var earlier: IdempotencyRecord? { found.withLock { $0 } }

    /// What was made when it was claimed before; nil where it was not, within its lifetime. Throws
    /// `keyReused` where that was with another body.
    func record(at now: Timestamp, in database: Database) throws -> IdempotencyRecord? {
        // A second change of the same request is part of what it does once.
        guard !isKept.load(ordering: .relaxed) else { return nil }
        let row = try Row.fetchOne(
            database,
            sql: """
                SELECT * FROM idempotency_claims
                WHERE principal = ? AND route = ? AND request_key = ? AND created_at > ?
                """,
            arguments: [principal.description, route, key, now.milliseconds - Self.lifetime])
        guard let row else { return nil }
        guard try row.hash("body_hash") == hash else { throw StoreError.keyReused }
        let record = IdempotencyRecord(subject: try row.value("subject"), status: try row.value("status"))
        found.withLock { $0 = record }
        return record
    }

    /// Writes it down with what was made, where the events tell of a change of the claim's own principal;
    /// claims that are past their lifetime are dropped. Returns whether it was written down: what the system
    /// does by the way, before the change that was asked for, is not it.
    func keep(_ events: [AuditEvent], at now: Timestamp, in database: Database) throws -> Bool {
        guard !isKept.load(ordering: .relaxed), let event = events.last(where: { $0.principal == principal })
        else { return false }
        try Self.dropOverdue(at: now, in: database)
        // In place of one of the same key that is past its lifetime and was not dropped yet.
        try database.execute(
            sql: """
                INSERT INTO idempotency_claims
                    (principal, route, request_key, body_hash, status, subject, created_at)
                VALUES (?, ?, ?, ?, ?, ?, ?)
                ON CONFLICT (principal, route, request_key) DO UPDATE SET body_hash = excluded.body_hash,
                    status = excluded.status, subject = excluded.subject, created_at = excluded.created_at
                """,
            arguments: [
                principal.description, route, key, hash.bytes.data, status, event.made, now.milliseconds,
            ])
        return true
    }

    /// A bounded number of them, for a claim is part of a change; more than claims are made.
    private static func dropOverdue(at now: Timestamp, in database: Database) throws {
        try database.execute(
            sql: """
                DELETE FROM idempotency_claims WHERE (principal, route, request_key) IN (
                    SELECT principal, route, request_key FROM idempotency_claims WHERE created_at <= ?
                    ORDER BY created_at LIMIT \(dropLimit))
                """,
            arguments: [now.milliseconds - Self.lifetime])
    }

    /// What was kept is on the disk.
    func commit() { isKept.store(true, ordering: .relaxed) }
}

extension AuditEvent {
    /// The id of what it tells of: its subject, but where an upstream credential of a project was set the
    /// credential.
    fileprivate var made: String {
        guard action.rawValue.hasPrefix("credential.") else { return subject }
        return details.first { $0.name == "credential" }?.value ?? subject
    }
}
