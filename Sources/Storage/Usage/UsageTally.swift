import Domain
import GRDB

/// Sums usage up by the names that a query asks for, one period after another. What it holds is one period's
/// groups and the names that were met so far.
struct UsageTally {
    /// What was used under one combination of names.
    struct Group {
        let names: Int32
        var sums: UsageSums
    }

    /// Keys are read all at once where more quarters than these are summed by access token.
    private static let fewQuarters: Int64 = 400

    let query: UsageQuery
    private let table: RollupTable
    private var names: UsageNameTable
    /// Of `usage_keys` and `usage_groups`.
    private var keys: UsageKeyNames
    private var groups: UsageKeyNames
    private var found: [Group] = []
    /// Where in ``found`` a combination of names is, by its number; none below zero.
    private var places: [Int32] = []

    init(_ query: UsageQuery, in database: Database) throws {
        self.query = query
        table = RollupTable(of: query)
        names = UsageNameTable(query.dimensions)
        let holders = try UsageHolders(of: query, in: database)
        keys = UsageKeyNames(query, isFine: true, holders: holders)
        groups = UsageKeyNames(query, isFine: false, holders: holders)
        if table != .accessTokens { try groups.learnAll(in: database, into: &names) }
        let quarters = periods.reduce(0) { count, period in
            count + plan(of: period).quarters.reduce(0) { $0 + $1.upperBound.number - $1.lowerBound.number }
        }
        let hasFilter = keys.filter != nil
        guard table != .instance, quarters > 0, hasFilter || quarters > Self.fewQuarters else { return }
        try keys.learnAll(in: database, into: &names)
    }

    /// The query's periods as far as they are in its span; one for all of it where it has none.
    var periods: [UsageQuery.Period] {
        let whole = [UsageQuery.Period(start: query.from, end: query.to, label: "")]
        return (query.periods ?? whole).map { period in
            UsageQuery.Period(
                start: max(period.start, query.from), end: min(period.end, query.to), label: period.label)
        }
    }

    private func plan(of period: UsageQuery.Period) -> UsagePlan {
        UsagePlan(from: period.start, to: period.end, usesDays: table == .projects)
    }

    /// The groups of one period, sorted by their names.
    mutating func groups(of period: UsageQuery.Period, in database: Database) throws -> [Group] {
        let plan = plan(of: period)
        if let days = plan.days {
            try add(.projects, from: days.lowerBound << 32, to: days.upperBound << 32, in: database)
        }
        for quarters in plan.quarters {
            try add(
                table == .instance ? .instance : .accessTokens, from: quarters.lowerBound.place(of: 0),
                to: quarters.upperBound.place(of: 0), in: database)
        }
        for piece in plan.pieces { try addRows(piece, in: database) }
        defer { forget() }
        names.rank()
        return found.sorted { names.ranks[Int($0.names)] < names.ranks[Int($1.names)] }
    }

    /// In the order of the dimensions; a status or an attempt in decimal.
    func names(of group: Group) -> [String] { names.names(of: group.names) }

    func isBefore(_ left: [String], _ right: [String]) -> Bool { names.isBefore(left, right) }

    // MARK: - Sums

    private mutating func add(
        _ table: RollupTable, from first: Int64, to end: Int64, in database: Database
    ) throws {
        let filter = table == .accessTokens ? keys.filter : nil
        let condition = filter.map {
            "AND (place & \(RollupTable.keyMask)) IN (SELECT id FROM usage_keys WHERE \($0.sql))"
        }
        let rollups = try RawStatement(
            """
            SELECT place, attempts, \(UsageSums.rollupColumns) FROM \(table.name)
            WHERE place >= ? AND place < ? \(condition ?? "")
            """, in: database)
        defer { rollups.reset() }
        rollups.bind(first, at: 1)
        rollups.bind(end, at: 2)
        for (index, text) in (filter?.arguments ?? []).enumerated() {
            rollups.bind(text, at: Int32(index + 3))
        }
        while try rollups.step() {
            let key = rollups.int(0) & RollupTable.keyMask
            let code =
                table == .accessTokens
                ? try keys.code(of: key, in: database, into: &names)
                : try groups.code(of: key, in: database, into: &names)
            guard let code else { continue }
            add(rollups, at: 2, attempts: rollups.int(1), under: code)
        }
    }

    /// Throws `rowsRetired` where the rows of that time are kept no longer.
    private mutating func addRows(_ piece: UsagePlan.Piece, in database: Database) throws {
        let rollups = try RawStatement(
            "SELECT min(first_row), max(last_row) FROM usage_rollups WHERE place >= ? AND place < ?",
            [piece.quarter.place(of: 0), Quarter(number: piece.quarter.number + 1).place(of: 0)], in: database
        )
        defer { rollups.reset() }
        guard try rollups.step(), !rollups.isNull(0) else { return }
        let (first, last) = (rollups.int(0), rollups.int(1))
        guard let keptFrom = try Store.ledgerState("kept_from", in: database) else {
            throw StoreError.corrupt
        }
        guard piece.quarter.start.milliseconds >= keptFrom else { throw StoreError.rowsRetired }
        let rows = try RawStatement(
            """
            SELECT usage_key, \(UsageSums.rowColumns) FROM ledger_rows
            JOIN ledger_names ON ledger_names.id = ledger_rows.names
            WHERE ledger_rows.id BETWEEN ? AND ? AND admitted_at >= ? AND admitted_at < ?
            """, in: database)
        defer { rows.reset() }
        rows.bind(first, at: 1)
        rows.bind(last, at: 2)
        rows.bind(piece.start.milliseconds, at: 3)
        rows.bind(piece.end.milliseconds, at: 4)
        while try rows.step() {
            guard let code = try keys.code(of: rows.int(0), in: database, into: &names) else { continue }
            add(rows, at: 1, attempts: 1, under: code)
        }
    }

    private mutating func add(
        _ statement: RawStatement, at column: Int32, attempts: Int64, under code: UsageKeyNames.Code
    ) {
        let number = Int(code.names)
        if places.count <= number {
            places += [Int32](repeating: -1, count: max(names.count, number + 1) - places.count)
        }
        if places[number] < 0 {
            places[number] = Int32(found.count)
            found.append(Group(names: code.names, sums: UsageSums()))
        }
        found[Int(places[number])].sums.add(
            UsageSums(from: statement, at: column, attempts: attempts, isExact: code.isExact))
    }

    private mutating func forget() {
        for group in found { places[Int(group.names)] = -1 }
        found.removeAll(keepingCapacity: true)
    }
}
