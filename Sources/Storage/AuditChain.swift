import Domain
import GRDB

/// Writes audit events, each with a keyed hash over itself and over the hash of the one before it; so that
/// whoever changes, removes or moves one without the key is found out. Only a removed tail is not, and an
/// ``AuditHead`` that was kept elsewhere finds that.
struct AuditChain: Sendable {
    /// How many rows are looked at at once.
    private static let page = 5000

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
        let insertion = try database.cachedStatement(
            sql: "INSERT INTO audit_events (\(AuditRow.columns)) VALUES (?, ?, ?, ?, ?, ?, ?, ?)")
        try insertion.execute(
            arguments: [
                row.sequence, row.at, row.principal, row.address, row.action, row.subject, row.details,
                row.hash?.bytes.data,
            ])
        return AuditHead(sequence: row.sequence, hash: row.hash ?? .zero)
    }

    /// The last event. One whose hash somebody took away counts as zero: changes go on, and the next look at
    /// the chain finds it.
    static func head(in database: Database) throws -> AuditHead {
        let row = try Row.fetchOne(
            database, sql: "SELECT \(AuditRow.columns) FROM audit_events ORDER BY seq DESC LIMIT 1")
        guard let last = try row.map(AuditRow.init) else { return AuditHead(sequence: 0, hash: .zero) }
        return AuditHead(sequence: last.sequence, hash: last.hash ?? .zero)
    }

    static func rows(after sequence: Int64, limit: Int = page, in database: Database) throws -> [AuditRow] {
        try Row.fetchAll(
            database,
            sql: "SELECT \(AuditRow.columns) FROM audit_events WHERE seq > ? ORDER BY seq LIMIT ?",
            arguments: [sequence, limit]
        ).map(AuditRow.init)
    }

    /// True where a single event has a hash.
    static func isBegun(in database: Database) throws -> Bool {
        try Row.fetchOne(database, sql: "SELECT seq FROM audit_events WHERE hash IS NOT NULL LIMIT 1") != nil
    }

    /// Throws `auditBroken` where the chain that had this head is not there any more. One that had no event
    /// yet has at least one now, for the event of its making was written with it.
    static func requireHead(_ head: AuditHead, in database: Database) throws {
        guard head.sequence > 0 else {
            guard try isBegun(in: database) else { throw StoreError.auditBroken(sequence: 1) }
            return
        }
        let row = try Row.fetchOne(
            database, sql: "SELECT \(AuditRow.columns) FROM audit_events WHERE seq = ?",
            arguments: [head.sequence])
        guard try row.map(AuditRow.init)?.hash == head.hash else {
            throw StoreError.auditBroken(sequence: head.sequence)
        }
    }

    /// Chains the events of a store that knew no chain; returns how many. Where a single one has a hash it
    /// does nothing: whoever took the others away is to be found out.
    func adopt(in database: Database) throws -> Int {
        guard try !Self.isBegun(in: database) else { return 0 }
        var count = 0
        var head = AuditHead(sequence: 0, hash: .zero)
        while true {
            let rows = try Self.rows(after: head.sequence, in: database)
            for row in rows {
                head = AuditHead(sequence: row.sequence, hash: row.hash(behind: head.hash, hashing))
                try database.execute(
                    sql: "UPDATE audit_events SET hash = ? WHERE seq = ?",
                    arguments: [head.hash.bytes.data, row.sequence])
            }
            count += rows.count
            if rows.count < Self.page { return count }
        }
    }
}
