package import Domain
import GRDB

/// What a request asks for that carries an `Idempotency-Key`: that it is done once, however often it is sent.
///
/// The change that the request makes writes the claim down in its own transaction, so that a crash between
/// the commit and the response leaves both or neither. A change on behalf of a claim that is written down
/// already is refused with what was made then.
package struct IdempotencyClaim: Sendable {
    /// How long a claim is kept, in milliseconds: 24 hours.
    package static let lifetime: Int64 = 86_400_000

    /// Claims past their lifetime that one claim drops at most.
    static let dropLimit = 100

    /// Method and path.
    let route: String
    let key: String
    /// Of the request's body.
    let hash: CredentialHash
    /// Of the response that reports the change.
    let status: Int

    package init(route: String, key: String, hash: CredentialHash, status: Int) {
        self.route = route
        self.key = key
        self.hash = hash
        self.status = status
    }

    /// What was made when the principal claimed it before; nil if they did not, within its lifetime. Throws
    /// `keyReused` if that was with another body.
    func record(
        of principal: Principal, at now: Timestamp, in database: Database
    ) throws -> IdempotencyRecord? {
        let row = try IdempotencyRow.find([principal.description, route, key], in: database)
        guard let row, row.createdAt.milliseconds > now.milliseconds - Self.lifetime else { return nil }
        guard row.bodyHash == hash else { throw StoreError.keyReused }
        return IdempotencyRecord(subject: row.subject, status: row.status)
    }

    /// Writes it down with what the last event tells of; claims that are past their lifetime are dropped.
    func keep(_ events: [AuditEvent], at now: Timestamp, in database: Database) throws {
        guard let event = events.last else { return }
        try Self.dropOverdue(at: now, in: database)
        // In place of one of the same key that is past its lifetime and was not dropped yet.
        try IdempotencyRow(
            principal: event.principal.description, route: route, requestKey: key, bodyHash: hash,
            status: status,
            subject: event.made, createdAt: now
        ).upsert(in: database)
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
}

extension AuditEvent {
    /// The id of what it tells of: its subject, but where an upstream credential of a project was set the
    /// credential.
    fileprivate var made: String {
        guard action.rawValue.hasPrefix("credential.") else { return subject }
        return details.first { $0.name == "credential" }?.value ?? subject
    }
}
