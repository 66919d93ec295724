import Domain
import GRDB

/// Writes audit events, each with a keyed hash over itself and over the hash of the one before it; so that
/// whoever changes, removes or moves one without the key is found out. Only a removed tail is not, and an
/// ``AuditHead`` that was kept elsewhere finds that.
struct AuditChain: Sendable {
    let hashing: AuditHashing

    func append(_ events: [AuditEvent], at now: Timestamp, in database: Database) throws {
        var head = try Self.head(in: database)
        for event in events { head = try append(event, behind: head, at: now, in: database) }
    }

    private func append(
        _ event: AuditEvent, behind head: AuditHead, at now: Timestamp, in database: Database
    ) throws -> AuditHead {
        // No version gets there: another number stands in its place.
        guard head.sequence < .max else { throw StoreError.corrupt }
        let row = AuditRow(sequence: head.sequence + 1, at: now, event, behind: head.hash, hashing)
        try row.insert(in: database)
        return AuditHead(sequence: row.sequence, hash: row.hash ?? .zero)
    }

    /// The last event. One whose hash somebody took away counts as zero: changes go on, and the next look at
    /// the chain finds it.
    static func head(in database: Database) throws -> AuditHead {
        guard let last = try AuditRow.first("ORDER BY seq DESC LIMIT 1", in: database) else {
            return AuditHead(sequence: 0, hash: .zero)
        }
        return AuditHead(sequence: last.sequence, hash: last.hash ?? .zero)
    }

    static func rows(after sequence: Int64, limit: Int, in database: Database) throws -> [AuditRow] {
        try AuditRow.all("WHERE seq > ? ORDER BY seq LIMIT ?", [sequence, limit], in: database)
    }

    /// Throws `auditBroken` where the chain that had this head is not there any more. One that had no event
    /// yet has at least one now, for the event of its making was written with it.
    static func requireHead(_ head: AuditHead, in database: Database) throws {
        guard head.sequence > 0 else {
            guard try AuditRow.first("WHERE hash IS NOT NULL LIMIT 1", in: database) != nil else {
                throw StoreError.auditBroken(sequence: 1)
            }
            return
        }
        guard try AuditRow.find([head.sequence], in: database)?.hash == head.hash else {
            throw StoreError.auditBroken(sequence: head.sequence)
        }
    }
}
