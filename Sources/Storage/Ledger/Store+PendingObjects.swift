package import Domain
import GRDB

/// The objects whose rows stand at their reservation, for whoever asks the upstreams what has become of them.
extension Store {
    /// Those that are due, the longest due first, at most `limit`. Of a moment that lies further ahead than
    /// `horizon` the clock was wrong: such are due as well.
    package func duePendingObjects(
        at now: Timestamp, horizon: Timestamp, limit: Int
    ) async throws(StoreError) -> [PendingObject] {
        try await database.read { database in
            try PendingCharge.all(
                "WHERE next_at <= ? OR next_at > ? ORDER BY next_at LIMIT ?",
                [now.milliseconds, horizon.milliseconds, limit], in: database
            ).map(PendingObject.init)
        }
    }

    /// When the next is due; nil where there is none.
    package func nextPendingObject() async throws(StoreError) -> Timestamp? {
        try await database.read { database in
            try Int64.fetchOne(database, sql: "SELECT min(next_at) FROM pending_objects")
                .map(Timestamp.init(milliseconds:))
        }
    }

    package func pendingObjectCount() async throws(StoreError) -> Int {
        try await database.read { try Self.pendingObjectCount(in: $0) }
    }

    /// It was due once more, in vain: the next time is `moment`.
    package func postpone(_ object: PendingObject, to moment: Timestamp) async throws(StoreError) {
        try await database.record { database in
            try database.execute(
                sql: """
                    UPDATE pending_objects SET attempts = attempts + 1, next_at = ? WHERE project = ? AND \
                    object = ?
                    """,
                arguments: [moment.milliseconds, object.project.rawValue, object.id.rawValue])
        }
    }

    /// Replaces the reservation of the row that began the object by what its end says, in a row of the name
    /// `id`. Where the object is pending no more, nothing happens.
    package func endPendingObject(
        _ object: PendingObject, as end: ObjectEnd, id: LedgerID
    ) async throws(StoreError) -> LedgerAppend {
        let cache = ledgerNames
        let (result, made) = try await database.record { database in
            var writer = try LedgerWriter(in: database, known: cache.known)
            _ = try writer.settle(object.id, of: object.project, as: end, id: id)
            try writer.finish()
            return (writer.result, writer.made)
        }
        cache.learn(made)
        return result
    }

    /// Its row stays at its reservation.
    package func abandon(_ object: PendingObject) async throws(StoreError) {
        try await database.record { database in
            let row = try PendingRow.find([object.project.rawValue, object.id.rawValue], in: database)
            guard let row else { return }
            try Self.forget(object.id, of: object.project, seenBy: row.ledgerRow, in: database)
        }
    }

    static func pendingObjectCount(in database: Database) throws -> Int {
        try Int.fetchOne(database, sql: "SELECT count(*) FROM pending_objects") ?? 0
    }

    /// It is pending no more, and no one is charged for it again.
    static func forget(
        _ object: LedgerText, of project: ProjectID, seenBy row: LedgerID, in database: Database
    ) throws {
        try database.execute(
            sql: "DELETE FROM pending_objects WHERE project = ? AND object = ?",
            arguments: [project.rawValue, object.rawValue])
        try database.execute(
            sql: """
                INSERT INTO seen_objects (project, object, ledger_row) VALUES (?, ?, ?) ON CONFLICT DO NOTHING
                """,
            arguments: [project.rawValue, object.rawValue, row.rawValue])
    }
}
