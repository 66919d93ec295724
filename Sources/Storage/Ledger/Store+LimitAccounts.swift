package import Domain
import GRDB

/// Limits and their durable counters. They are set in audited changes, which use what is here; only the
/// ledger counts.
extension Store {
    /// How many owners one statement asks for.
    private static let ownersAtOnce = 500

    /// The limits of these, of one moment, each's in the order in which they were set; none of one that has
    /// none.
    package func limitRecords(
        of subjects: [LimitSubject]
    ) async throws(StoreError) -> [LimitSubject: [LimitRecord]] {
        try await database.read { database in
            let known = Dictionary(subjects.map { ($0.owner, $0) }, uniquingKeysWith: { first, _ in first })
            let owners = Array(known.keys)
            var reader = LimitReader()
            for start in stride(from: 0, to: owners.count, by: Self.ownersAtOnce) {
                let part = owners[start..<min(start + Self.ownersAtOnce, owners.count)]
                let rows = try RawStatement(
                    """
                    SELECT \(LimitReader.columns) FROM limit_accounts
                    WHERE owner IN (\(databaseQuestionMarks(count: part.count))) ORDER BY owner, account
                    """, in: database)
                defer { rows.reset() }
                for (index, owner) in part.enumerated() { rows.bind(owner, at: Int32(index + 1)) }
                while try rows.step() {
                    guard let subject = known[rows.text(0)] else { throw StoreError.corrupt }
                    try reader.add(rows, of: subject, at: 0)
                }
            }
            return Dictionary(reader.found.map { ($0.subject, $0.records) }, uniquingKeysWith: +)
        }
    }

    static func limitAccounts(in database: Database) throws -> [LimitAccount] {
        try Row.fetchAll(database, sql: "SELECT * FROM limit_accounts ORDER BY account").map {
            try $0.limitAccount()
        }
    }

    static func limitRecords(of subject: LimitSubject, in database: Database) throws -> [LimitRecord] {
        try Row.fetchAll(
            database, sql: "SELECT * FROM limit_accounts WHERE owner = ? ORDER BY account",
            arguments: [subject.owner]
        ).map { try $0.limitAccount().record }
    }

    static func limitRecord(
        _ id: LimitID, of subject: LimitSubject, in database: Database
    ) throws -> LimitRecord? {
        try limitRecords(of: subject, in: database).first { $0.limit.id == id }
    }

    /// Makes these the subject's limits. One that was there keeps its counter; a new one counts from `now`;
    /// what is not among them is gone, and if it is set again it has a new number. Returns all.
    static func setLimits(
        _ wanted: LimitSet, of subject: LimitSubject, at now: Timestamp, in database: Database
    ) throws -> [LimitRecord] {
        let kept = Set(wanted.limits.map(\.id))
        for record in try limitRecords(of: subject, in: database) where !kept.contains(record.limit.id) {
            try database.execute(
                sql: "DELETE FROM limit_accounts WHERE account = ?", arguments: [record.account])
        }
        for limit in wanted.limits {
            try database.execute(
                sql: "UPDATE limit_accounts SET amount = ? WHERE owner = ? AND identity = ?",
                arguments: [limit.amount, subject.owner, limit.id.description])
            if database.changesCount == 0 { try insert(limit, of: subject, at: now, in: database) }
        }
        return try limitRecords(of: subject, in: database)
    }

    private static func insert(
        _ limit: Limit, of subject: LimitSubject, at now: Timestamp, in database: Database
    ) throws {
        guard let last = try ledgerState("account", in: database), last < Int32.max else {
            throw StoreError.corrupt
        }
        try setLedgerState("account", to: last + 1, in: database)
        try database.execute(
            sql: """
                INSERT INTO limit_accounts
                    (account, owner, identity, metric, amount, start, used, base, credit)
                VALUES (?, ?, ?, ?, ?, ?, 0, 0, 0)
                """,
            arguments: [
                last + 1, subject.owner, limit.id.description, limit.id.metric.rawValue, limit.amount,
                now.milliseconds,
            ])
    }

    /// A counter that counts from `start`, from nothing and without credit; of those before it two are kept.
    /// False where there is no such limit.
    static func beginCounter(
        _ account: Int32, from start: Timestamp, in database: Database
    ) throws -> Bool {
        try database.execute(
            sql: """
                UPDATE limit_accounts SET
                    start_3 = start_2, used_3 = used_2, base_3 = base_2, credit_3 = credit_2,
                    start_2 = start, used_2 = used, base_2 = base, credit_2 = credit,
                    start = ?, used = 0, base = 0, credit = 0
                WHERE account = ?
                """,
            arguments: [start.milliseconds, account])
        return database.changesCount > 0
    }

    /// Counts from `start` on, from nothing and without credit, whatever else is kept. Throws `notFound`, and
    /// `conflict` where a counter from that moment is kept already.
    static func resetLimit(_ account: Int32, from start: Timestamp, in database: Database) throws {
        let isKept = try Bool.fetchOne(
            database,
            sql:
                "SELECT ? IN (start, coalesce(start_2, start), coalesce(start_3, start)) FROM limit_accounts WHERE account = ?",
            arguments: [start.milliseconds, account])
        guard isKept != true else { throw StoreError.conflict }
        guard try beginCounter(account, from: start, in: database) else { throw StoreError.notFound }
    }

    /// Adds to the amount for the period that began at `start`, whose counter is begun where it is not kept.
    /// Throws `notFound`.
    static func topUpLimit(
        _ account: Int32, by amount: Int64, of start: Timestamp, in database: Database
    ) throws {
        func add(_ place: CounterPlace) throws -> Bool {
            let credit = "credit\(place.rawValue)"
            try database.execute(
                sql: """
                    UPDATE limit_accounts SET \(credit) = \(credit) + ?
                    WHERE account = ? AND start\(place.rawValue) = ?
                    """,
                arguments: [amount, account, start.milliseconds])
            return database.changesCount > 0
        }
        for place in CounterPlace.allCases where try add(place) { return }
        guard try beginCounter(account, from: start, in: database) else { throw StoreError.notFound }
        _ = try add(.last)
    }

    /// What every row adds to the accounts that it names. Reads the whole ledger.
    static func eachLedgerCharge(
        in database: Database, _ body: (AccountPeriods, Charge) throws -> Void
    ) throws {
        let rows = try RawStatement(
            """
            SELECT accounts, requests, tokens, cost FROM ledger_rows WHERE accounts IS NOT NULL
            """, in: database)
        defer { rows.reset() }
        while try rows.step() {
            guard let accounts = AccountPeriods(bytes: rows.bytes(0)) else { throw StoreError.corrupt }
            try body(
                accounts,
                Charge(requests: rows.int(1), tokens: rows.int(2), cost: Money(nanoUSD: rows.int(3))))
        }
    }
}

extension LimitSubject {
    /// As the database names it.
    var owner: String {
        switch self {
        case .project(let id): id.rawValue
        case .lineage(let id, of: _): id.rawValue
        }
    }
}
