import Domain
import GRDB

/// Usage reports, from the rollups where whole quarters of an hour are asked for, else from the rows.
extension Store {
    /// Of one moment. Exact at any edge: what is cut out of a quarter of an hour is summed from its rows.
    /// Throws `rowsRetired` where those are kept no longer; edges of whole quarters always work. Throws
    /// `notFound` for a cursor that no page gave out.
    package func usageReport(_ query: UsageQuery) async throws(StoreError) -> UsageReport {
        try await database.read { database in
            var tally = UsageTally(query, holders: try UsageHolder.all(for: query, in: database))
            for (number, key) in try Self.usageKeys(in: database) { tally.learn(key, number: number) }
            let whole = [UsageQuery.Period(start: query.from, end: query.to, label: "")]
            let periods = (query.periods ?? whole).map { period in
                UsageQuery.Period(
                    start: max(period.start, query.from), end: min(period.end, query.to), label: period.label)
            }
            let plan = UsagePlan(periods)
            try Self.addRollups(plan.rollups, in: database, to: &tally)
            for piece in plan.pieces { try Self.addRows(piece, in: database, to: &tally) }
            return try tally.report(periods: periods)
        }
    }

    /// In one pass over all of the span, for periods follow one another.
    private static func addRollups(
        _ spans: [UsagePlan.Span], in database: Database, to tally: inout UsageTally
    ) throws {
        guard let first = spans.first, let last = spans.last else { return }
        let rollups = try RawStatement(
            """
            SELECT place, attempts, \(UsageSums.columns) FROM usage_rollups
            WHERE place >= ? AND place < ? ORDER BY place
            """, in: database)
        defer { rollups.reset() }
        rollups.bind(first.quarters.lowerBound.place(of: 0), at: 1)
        rollups.bind(last.quarters.upperBound.place(of: 0), at: 2)
        var index = 0
        while try rollups.step() {
            let place = rollups.int(0)
            let quarter = Quarter(number: place >> 32)
            while quarter >= spans[index].quarters.upperBound { index += 1 }
            guard spans[index].quarters.contains(quarter) else { continue }
            tally.add(
                key: place & 0xFFFF_FFFF, period: spans[index].period, attempts: rollups.int(1),
                from: rollups,
                at: 2)
        }
    }

    private static func addRows(
        _ piece: UsagePlan.Piece, in database: Database, to tally: inout UsageTally
    ) throws {
        let rollups = try Row.fetchAll(
            database,
            sql: "SELECT place, first_row, last_row FROM usage_rollups WHERE place >= ? AND place < ?",
            arguments: [
                piece.quarter.place(of: 0), Quarter(number: piece.quarter.number + 1).place(of: 0),
            ])
        guard !rollups.isEmpty else { return }
        guard let keptFrom = try ledgerState("kept_from", in: database) else { throw StoreError.corrupt }
        guard piece.quarter.start.milliseconds >= keptFrom else { throw StoreError.rowsRetired }
        let first = try rollups.map { try $0.value("first_row", as: Int64.self) }.min()
        let last = try rollups.map { try $0.value("last_row", as: Int64.self) }.max()
        let rows = try RawStatement(
            """
            SELECT usage_key, \(UsageSums.columns) FROM ledger_rows
            JOIN ledger_names ON ledger_names.id = ledger_rows.names
            WHERE ledger_rows.id BETWEEN ? AND ? AND admitted_at >= ? AND admitted_at < ?
            """, in: database)
        defer { rows.reset() }
        rows.bind(first ?? 0, at: 1)
        rows.bind(last ?? 0, at: 2)
        rows.bind(piece.start.milliseconds, at: 3)
        rows.bind(piece.end.milliseconds, at: 4)
        while try rows.step() {
            tally.add(key: rows.int(0), period: piece.period, attempts: 1, from: rows, at: 1)
        }
    }
}
