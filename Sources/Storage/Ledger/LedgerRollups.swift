import Domain
import GRDB

/// What the rows of one transaction come to, by their usage keys and quarters of an hour; written in its end
/// to the rollups of access tokens, of projects and of the instance.
struct LedgerRollups {
    private struct Rollup {
        let accessToken: AccessTokenID
        let number: LedgerNames.Number
        var lastUse: Timestamp
        var firstRow: Int64
        var lastRow: Int64
        var sums = UsageSums()

        init(
            of row: borrowing LedgerRow, _ number: LedgerNames.Number, _ usage: Usage, _ charge: Charge
        ) {
            accessToken = row.accessToken
            self.number = number
            lastUse = row.admittedAt
            firstRow = row.id.rawValue
            lastRow = firstRow
            add(row, usage, charge)
        }

        mutating func add(_ row: borrowing LedgerRow, _ usage: Usage, _ charge: Charge) {
            lastUse = max(lastUse, row.admittedAt)
            firstRow = min(firstRow, row.id.rawValue)
            lastRow = max(lastRow, row.id.rawValue)
            sums.add(usage, charge, isExact: row.accuracy == .exact, isPriced: row.priceVersion != 0)
        }
    }

    private var rollups: [Int64: Rollup] = [:]

    mutating func add(
        _ row: borrowing LedgerRow, _ number: LedgerNames.Number, _ usage: Usage, _ charge: Charge
    ) {
        let place = RollupTable.accessTokens.place(of: number.key, in: Quarter(of: row.admittedAt))
        if let index = rollups.index(forKey: place) {
            rollups.values[index].add(row, usage, charge)
        } else {
            rollups[place] = Rollup(of: row, number, usage, charge)
        }
    }

    /// When each access token was last used, by these rows.
    var lastUses: [AccessTokenID: Timestamp] {
        Dictionary(rollups.values.map { ($0.accessToken, $0.lastUse) }, uniquingKeysWith: max)
    }

    func write(in database: Database) throws {
        let upsert = try RawStatement(Self.accessTokens, in: database)
        var (projects, instance) = ([Int64: UsageSums](), [Int64: UsageSums]())
        for (place, rollup) in rollups {
            let (quarter, number) = (Quarter(number: place >> 32), rollup.number)
            let project = RollupTable.projects.place(of: number.projectGroup, in: quarter)
            projects[project, default: UsageSums()].add(rollup.sums)
            let all = RollupTable.instance.place(of: number.instanceGroup, in: quarter)
            instance[all, default: UsageSums()].add(rollup.sums)
            upsert.bind(place, at: 1)
            upsert.bind(rollup.firstRow, at: 2)
            upsert.bind(rollup.lastRow, at: 3)
            upsert.bind(rollup.sums.attempts, at: 4)
            rollup.sums.bind(to: upsert, at: 5)
            try upsert.run()
        }
        try Self.write(projects, by: Self.projects, in: database)
        try Self.write(instance, by: Self.instance, in: database)
    }

    private static func write(_ sums: [Int64: UsageSums], by sql: String, in database: Database) throws {
        let upsert = try RawStatement(sql, in: database)
        for (place, sums) in sums {
            upsert.bind(place, at: 1)
            upsert.bind(sums.attempts, at: 2)
            sums.bind(to: upsert, at: 3)
            try upsert.run()
        }
    }

    // MARK: - SQL

    private static let accessTokens = upsert(
        into: .accessTokens, with: "first_row, last_row",
        """
        first_row = CASE WHEN excluded.first_row < usage_rollups.first_row
            THEN excluded.first_row ELSE usage_rollups.first_row END,
        last_row = CASE WHEN excluded.last_row > usage_rollups.last_row
            THEN excluded.last_row ELSE usage_rollups.last_row END,
        """)
    private static let projects = upsert(into: .projects)
    private static let instance = upsert(into: .instance)

    /// `more`: columns before those that are added up; `assignments`: what becomes of them.
    private static func upsert(
        into table: RollupTable, with more: String? = nil, _ assignments: String = ""
    ) -> String {
        let columns = ["place", more, "attempts", UsageSums.rollupColumns].compactMap { $0 }
            .joined(separator: ", ")
        let sums = (["attempts"] + UsageSums.columnNames + ["unpriced"]).map { name in
            "\(name) = \(saturatedSum("\(table.name).\(name)", "excluded.\(name)"))"
        }
        return """
            INSERT INTO \(table.name) (\(columns))
            VALUES (\(columns.split(separator: ",").map { _ in "?" }.joined(separator: ", ")))
            ON CONFLICT (place) DO UPDATE SET \(assignments)
                \(sums.joined(separator: ", "))
            """
    }

    /// SQL adds two integers up with an error, or as floating-point numbers, where the sum does not fit.
    private static func saturatedSum(_ left: String, _ right: String) -> String {
        """
        CASE WHEN \(right) > 0 AND \(left) > \(Int64.max) - \(right) THEN \(Int64.max)
            WHEN \(right) < 0 AND \(left) < -\(Int64.max) - \(right) THEN -\(Int64.max)
            ELSE \(left) + \(right) END
        """
    }
}
