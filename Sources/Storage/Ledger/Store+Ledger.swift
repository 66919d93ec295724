package import Domain
import GRDB

/// The ledger: appended to, read, and shortened at its old end.
extension Store {
    /// The number of this start of the server, for the ids of its rows: one more than the last time.
    package func beginGeneration() async throws(StoreError) -> Int64 {
        try await database.record { database in
            guard let last = try Self.ledgerState("generation", in: database) else {
                throw StoreError.corrupt
            }
            var next = last.addingSaturated(1)
            if !(1...LedgerID.largestGeneration).contains(next) {
                // No start has counted so: it goes on behind the rows that there are.
                let row = try Int64.fetchOne(database, sql: "SELECT max(id) FROM ledger_rows") ?? 0
                next = LedgerID(rawValue: row).generation + 1
            }
            guard next <= LedgerID.largestGeneration else { throw StoreError.corrupt }
            try Self.setLedgerState("generation", to: next, in: database)
            return next
        }
    }

    /// Writes the rows, adds them to the rollups and to the counters they name, all in one transaction. Rows
    /// whose id is there already are left out; limits that are no more count nothing.
    package func appendLedger(
        _ rows: some Sequence<LedgerRow> & Sendable
    ) async throws(StoreError) -> LedgerAppend {
        let cache = ledgerNames
        let (result, made) = try await database.record { database in
            var writer = try LedgerWriter(in: database, known: cache.known)
            for row in rows { try writer.append(row) }
            try writer.finish()
            return (writer.result, writer.made)
        }
        cache.learn(made)
        return result
    }

    /// In the order of their ids, from the one behind `cursor`.
    package func ledgerRows(
        after cursor: LedgerID? = nil, limit: Int
    ) async throws(StoreError) -> Page<LedgerRow> {
        try await database.read { database in
            let statement = try RawStatement(
                "\(LedgerRow.selection) WHERE ledger_rows.id > ? ORDER BY ledger_rows.id LIMIT ?",
                [cursor?.rawValue ?? -1, limit + 1], in: database)
            defer { statement.reset() }
            var rows: [LedgerRow] = []
            while try statement.step() { rows.append(try LedgerRow(from: RecordRow(statement))) }
            return Page(rows, limit: limit)
        }
    }

    /// Drops at most `limit` of the oldest rows that were admitted before the quarter of an hour of `moment`;
    /// the rollups and the counters keep what they came to. Returns how many went: fewer than `limit` where
    /// nothing is left to drop.
    package func retireLedger(before moment: Timestamp, limit: Int) async throws(StoreError) -> Int {
        let end = Quarter(of: moment).start.milliseconds
        return try await database.record { database in
            guard let keptFrom = try Self.ledgerState("kept_from", in: database) else {
                throw StoreError.corrupt
            }
            if keptFrom < end { try Self.setLedgerState("kept_from", to: end, in: database) }
            var retired = 0
            var last: Int64 = -1
            var amounts: [AccountPeriod: [LimitMetric: Int64]] = [:]
            let oldest = try RawStatement(
                """
                SELECT id, admitted_at, accounts, requests, tokens, cost FROM ledger_rows ORDER BY id LIMIT ?
                """, in: database)
            oldest.bind(Int64(limit), at: 1)
            while try oldest.step() {
                last = oldest.int(0)
                guard oldest.int(1) < end else { continue }
                retired += 1
                guard let accounts = AccountPeriods(bytes: oldest.bytes(2)) else { throw StoreError.corrupt }
                let charge = Charge(
                    requests: oldest.int(3), tokens: oldest.int(4), cost: Money(nanoUSD: oldest.int(5)))
                for account in accounts {
                    for metric in LimitMetric.allCases {
                        let sum = amounts[account]?[metric] ?? 0
                        amounts[account, default: [:]][metric] = sum.addingSaturated(
                            metric.lasting(of: charge))
                    }
                }
            }
            oldest.reset()
            guard retired > 0 else { return 0 }
            for (account, amount) in amounts {
                for place in CounterPlace.allCases {
                    let base = "base\(place.rawValue)"
                    try database.execute(
                        sql: """
                            UPDATE limit_accounts SET \(base) = \(base) + \(CounterPlace.amount)
                            WHERE account = ? AND start\(place.rawValue) = ?
                            """,
                        arguments: [
                            amount[.requests], amount[.tokens], amount[.cost], account.account,
                            account.start.milliseconds,
                        ])
                }
            }
            try database.execute(
                sql: "DELETE FROM ledger_rows WHERE id <= ? AND admitted_at < ?", arguments: [last, end])
            return retired
        }
    }

    static func ledgerState(_ name: String, in database: Database) throws -> Int64? {
        try Int64.fetchOne(database, sql: "SELECT value FROM ledger_state WHERE name = ?", arguments: [name])
    }

    static func setLedgerState(_ name: String, to value: Int64, in database: Database) throws {
        try database.execute(
            sql: "UPDATE ledger_state SET value = ? WHERE name = ?", arguments: [value, name])
    }
}
