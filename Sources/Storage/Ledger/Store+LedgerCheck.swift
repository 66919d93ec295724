import Domain
import GRDB

/// The sums of the ledger, reckoned again from its rows.
extension Store {
    /// Reads the whole ledger, of one moment. Of quarters of an hour whose rows are kept no longer, nothing
    /// is said.
    package func checkLedger() async throws(StoreError) -> LedgerCheck {
        try await database.read { database in
            var check = LedgerCheck()
            try Self.checkRollups(in: database, &check)
            try Self.checkGroups(.projects, in: database, &check)
            try Self.checkGroups(.instance, in: database, &check)
            try Self.checkAccounts(in: database, &check)
            return check
        }
    }

    /// What one usage key comes to in one quarter, by its rows.
    fileprivate struct Told {
        var sums = UsageSums()
        var rows: ClosedRange<Int64>
    }

    private static func checkRollups(in database: Database, _ check: inout LedgerCheck) throws {
        guard let keptFrom = try ledgerState("kept_from", in: database) else { throw StoreError.corrupt }
        let keys = try usageKeys(in: database)
        var told: [Int64: Told] = [:]
        let rows = try RawStatement(
            """
            SELECT ledger_rows.id, admitted_at, usage_key, \(UsageSums.rowColumns) FROM ledger_rows
            LEFT JOIN ledger_names ON ledger_names.id = ledger_rows.names WHERE admitted_at >= ?
            """, in: database)
        defer { rows.reset() }
        rows.bind(keptFrom, at: 1)
        while try rows.step() {
            check.rows += 1
            let id = rows.int(0)
            let quarter = Quarter(of: Timestamp(milliseconds: rows.int(1)))
            let number = rows.int(2)
            guard let key = keys[number] else {
                check.note(.rollup(quarter: quarter.start.milliseconds))
                continue
            }
            let sums = UsageSums(from: rows, at: 3, attempts: 1, isExact: key.group.accuracy == .exact)
            told[quarter.place(of: number), default: Told(rows: id...id)].add(sums, of: id)
        }
        let rollups = try RawStatement(
            """
            SELECT place, first_row, last_row, attempts, \(UsageSums.rollupColumns) FROM usage_rollups
            WHERE place >= ?
            """, in: database)
        defer { rollups.reset() }
        rollups.bind(Quarter(of: Timestamp(milliseconds: keptFrom)).place(of: 0), at: 1)
        while try rollups.step() {
            let place = rollups.int(0)
            let isExact = keys[place & 0xFFFF_FFFF]?.group.accuracy == .exact
            let sums = UsageSums(from: rollups, at: 4, attempts: rollups.int(3), isExact: isExact)
            let found = told.removeValue(forKey: place)
            guard let found, found.sums == sums, found.rows.lowerBound == rollups.int(1),
                found.rows.upperBound == rollups.int(2)
            else {
                check.note(.rollup(quarter: Quarter(number: place >> 32).start.milliseconds))
                continue
            }
        }
        for place in told.keys.sorted() {
            check.note(.rollup(quarter: Quarter(number: place >> 32).start.milliseconds))
        }
    }

    /// The coarser sums against those by access token, from which the ledger's whole time can be told.
    private static func checkGroups(
        _ table: RollupTable, in database: Database, _ check: inout LedgerCheck
    ) throws {
        let keys = try usageKeys(in: database)
        let groups = try usageGroups(in: database)
        var told: [Int64: UsageSums] = [:]
        let rollups = try RawStatement(
            "SELECT place, attempts, \(UsageSums.rollupColumns) FROM usage_rollups", in: database)
        defer { rollups.reset() }
        while try rollups.step() {
            let quarter = Quarter(number: rollups.int(0) >> 32)
            guard let key = keys[rollups.int(0) & RollupTable.keyMask] else { continue }
            let group = table == .projects ? key.group : key.group.ofInstance
            guard let number = groups[group] else {
                check.note(.group(quarter: quarter.start.milliseconds))
                continue
            }
            told[table.place(of: number, in: quarter), default: UsageSums()].add(
                UsageSums(
                    from: rollups, at: 2, attempts: rollups.int(1), isExact: group.accuracy == .exact))
        }
        let exact = Set(groups.filter { $0.key.accuracy == .exact }.map(\.value))
        let kept = try RawStatement(
            "SELECT place, attempts, \(UsageSums.rollupColumns) FROM \(table.name)", in: database)
        defer { kept.reset() }
        while try kept.step() {
            let place = kept.int(0)
            let sums = UsageSums(
                from: kept, at: 2, attempts: kept.int(1), isExact: exact.contains(place & RollupTable.keyMask)
            )
            guard told.removeValue(forKey: place) == sums else {
                check.note(.group(quarter: table.firstQuarter(at: place).start.milliseconds))
                continue
            }
        }
        for place in told.keys.sorted() {
            check.note(.group(quarter: table.firstQuarter(at: place).start.milliseconds))
        }
    }

    private static func usageGroups(in database: Database) throws -> [UsageGroupKey: Int64] {
        Dictionary(
            try UsageGroupKey.allWithNumbers(in: database).map { ($0.record, $0.number) },
            uniquingKeysWith: { first, _ in first })
    }

    private static func checkAccounts(in database: Database, _ check: inout LedgerCheck) throws {
        let accounts = try limitAccounts(in: database)
        var metrics: [AccountPeriod: LimitMetric] = [:]
        for account in accounts {
            for counter in account.counters {
                metrics[AccountPeriod(account: account.record.account, start: counter.start)] =
                    account.record.limit.id.metric
            }
        }
        var told: [AccountPeriod: Int64] = [:]
        try eachLedgerCharge(in: database) { periods, charge in
            for period in periods {
                guard let metric = metrics[period] else { continue }
                let sum = told[period] ?? 0
                told[period] = sum.addingSaturated(metric.lasting(of: charge))
            }
        }
        for account in accounts {
            let number = account.record.account
            for (counter, base) in zip(account.counters, account.bases) {
                let sum = base.addingSaturated(
                    told[AccountPeriod(account: number, start: counter.start)] ?? 0)
                let isRight = account.hasGoneBack ? counter.used <= sum : counter.used == sum
                if !isRight { check.note(.account(number, used: counter.used, told: sum)) }
            }
        }
    }

    /// By their numbers.
    private static func usageKeys(in database: Database) throws -> [Int64: UsageKey] {
        Dictionary(
            try UsageKey.allWithNumbers(in: database).map { ($0.number, $0.record) },
            uniquingKeysWith: { first, _ in first })
    }
}

extension Store.Told {
    fileprivate mutating func add(_ other: UsageSums, of row: Int64) {
        sums.add(other)
        rows = min(rows.lowerBound, row)...max(rows.upperBound, row)
    }
}
