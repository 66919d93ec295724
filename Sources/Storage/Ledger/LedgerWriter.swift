import Domain
import GRDB

/// Appends rows within one transaction: the rows, and in the end what they come to in rollups and counters.
///
/// A row that is there already is left out of everything, so a batch may be written twice.
struct LedgerWriter {
    /// What is summed up until the end.
    private struct Rollup {
        var firstRow: Int64
        var lastRow: Int64
        var sums = UsageSums()

        mutating func add(_ other: UsageSums, of row: Int64) {
            firstRow = min(firstRow, row)
            lastRow = max(lastRow, row)
            sums.add(other)
        }
    }

    /// No answer can use more of anything in one request; it keeps the sums far from where they would not
    /// fit.
    private static let largest: Int64 = 1_000_000_000_000_000

    private let database: Database
    private let insertion: RawStatement
    /// Committed before.
    private let keys: [UsageKey: Int64]
    private var rollups: [Int64: Rollup] = [:]
    private var charges: [AccountPeriod: Charge] = [:]
    private var lastUses: [AccessTokenID: Timestamp] = [:]
    /// Made in this transaction.
    private(set) var madeKeys: [UsageKey: Int64] = [:]
    private(set) var result = LedgerAppend()

    init(in database: Database, keys: [UsageKey: Int64]) throws {
        self.database = database
        self.keys = keys
        insertion = try RawStatement(Self.insertion, in: database)
    }

    private static let insertion = """
        INSERT INTO ledger (
            id, admitted_at, project, access_token, lineage, endpoint, client, model_asked, model_answered,
            status, outcome, accuracy, price_version, duration_ns, first_byte_ns, upstream_request, object,
            accounts, \(UsageSums.columns))
        VALUES (\(Array(repeating: "?", count: 18 + Int(UsageSums.columnCount)).joined(separator: ", ")))
        ON CONFLICT DO NOTHING
        """

    private static let upsert: String = {
        let names = UsageSums.columns.split { $0 == "," || $0.isWhitespace }
        let sums = names.map { "\($0) = usage_rollups.\($0) + excluded.\($0)" }.joined(separator: ", ")
        return """
            INSERT INTO usage_rollups (place, first_row, last_row, attempts, \(UsageSums.columns))
            VALUES (\(Array(repeating: "?", count: 4 + names.count).joined(separator: ", ")))
            ON CONFLICT (place) DO UPDATE SET
                first_row = CASE WHEN excluded.first_row < usage_rollups.first_row
                    THEN excluded.first_row ELSE usage_rollups.first_row END,
                last_row = CASE WHEN excluded.last_row > usage_rollups.last_row
                    THEN excluded.last_row ELSE usage_rollups.last_row END,
                attempts = usage_rollups.attempts + excluded.attempts, \(sums)
            """
    }()

    mutating func append(_ row: LedgerRow) throws {
        var row = row
        row.usage.clamp(to: 0...Self.largest)
        row.charge.clamp(to: 0...Self.largest)
        if let object = row.objectID, try !claim(object, for: row) {
            row.usage = Usage()
            row.charge.tokens = 0
            row.charge.cost = .zero
            guard try insert(row) else { return }
            result.uncharged.append(row.id)
        } else {
            guard try insert(row) else { return }
        }
        result.appended += 1
        let place = Quarter(of: row.admittedAt).place(of: try number(of: UsageKey(of: row)))
        let id = row.id.rawValue
        rollups[place, default: Rollup(firstRow: id, lastRow: id)].add(UsageSums(of: row), of: id)
        lastUses[row.accessToken] = max(lastUses[row.accessToken] ?? row.admittedAt, row.admittedAt)
        for account in row.accounts { charges[account, default: .none].add(row.charge) }
    }

    mutating func finish() throws {
        try addRollups()
        for (account, charge) in charges.sorted(by: { $0.key.start < $1.key.start }) {
            try add(charge, to: account)
        }
        let use = try database.cachedStatement(
            sql: """
                UPDATE access_tokens SET last_used_at = ?
                WHERE id = ? AND (last_used_at IS NULL OR last_used_at < ?)
                """)
        for (accessToken, moment) in lastUses {
            try use.execute(
                arguments: [moment.milliseconds, accessToken.rawValue, moment.milliseconds])
        }
    }

    /// True where this row charges for the object: it is new, or this row has it already.
    private func claim(_ object: LedgerText, for row: LedgerRow) throws -> Bool {
        try database.execute(
            sql: """
                INSERT INTO seen_objects (project, object, ledger_row) VALUES (?, ?, ?)
                ON CONFLICT DO NOTHING
                """,
            arguments: [row.project.rawValue, object.rawValue, row.id.rawValue])
        guard database.changesCount == 0 else { return true }
        return try Int64.fetchOne(
            database, sql: "SELECT ledger_row FROM seen_objects WHERE project = ? AND object = ?",
            arguments: [row.project.rawValue, object.rawValue]) == row.id.rawValue
    }

    /// False where it was there.
    private func insert(_ row: LedgerRow) throws -> Bool {
        insertion.bind(row.id.rawValue, at: 1)
        insertion.bind(row.admittedAt.milliseconds, at: 2)
        insertion.bind(row.project.rawValue, at: 3)
        insertion.bind(row.accessToken.rawValue, at: 4)
        insertion.bind(row.lineage.rawValue, at: 5)
        insertion.bind(row.endpoint, at: 6)
        insertion.bind(row.client.rawValue, at: 7)
        insertion.bind(row.modelAsked?.rawValue, at: 8)
        insertion.bind(row.modelAnswered?.rawValue, at: 9)
        insertion.bind(Int64(row.status), at: 10)
        insertion.bind(row.outcome, at: 11)
        insertion.bind(row.accuracy.rawValue, at: 12)
        insertion.bind(row.priceVersion, at: 13)
        insertion.bind(row.durationNanoseconds, at: 14)
        insertion.bind(row.firstByteNanoseconds, at: 15)
        insertion.bind(row.upstreamRequestID?.rawValue, at: 16)
        insertion.bind(row.objectID?.rawValue, at: 17)
        insertion.bind(row.accounts.bytes, at: 18)
        UsageSums(of: row).bind(to: insertion, at: 19)
        try insertion.run()
        return insertion.changes > 0
    }

    private mutating func number(of key: UsageKey) throws -> Int64 {
        if let number = keys[key] ?? madeKeys[key] { return number }
        try database.execute(
            sql: """
                INSERT INTO usage_keys (project, access_token, model, endpoint, status, accuracy)
                VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING
                """, arguments: key.arguments)
        let number = try Int64.fetchOne(
            database,
            sql: """
                SELECT id FROM usage_keys WHERE project = ? AND access_token = ? AND model = ?
                    AND endpoint = ? AND status = ? AND accuracy = ?
                """, arguments: key.arguments)
        guard let number, number < 1 << 32 else { throw StoreError.corrupt }
        madeKeys[key] = number
        return number
    }

    private func addRollups() throws {
        let upsert = try RawStatement(Self.upsert, in: database)
        for (place, rollup) in rollups {
            upsert.bind(place, at: 1)
            upsert.bind(rollup.firstRow, at: 2)
            upsert.bind(rollup.lastRow, at: 3)
            upsert.bind(rollup.sums.attempts, at: 4)
            rollup.sums.bind(to: upsert, at: 5)
            try upsert.run()
        }
    }

    /// A charge of a later period begins it; one of an earlier period counts for nothing any more.
    private func add(_ charge: Charge, to account: AccountPeriod) throws {
        let start = account.start.milliseconds
        let statement = try database.cachedStatement(
            sql: """
                UPDATE limit_accounts SET
                    base = CASE WHEN start < ? THEN 0 ELSE base END,
                    credit = CASE WHEN start < ? THEN 0 ELSE credit END,
                    used = CASE WHEN start < ? THEN 0 ELSE used END + CASE metric
                        WHEN 'requests' THEN ? WHEN 'tokens' THEN ? WHEN 'cost' THEN ? ELSE 0 END,
                    start = ?
                WHERE account = ? AND start <= ?
                """)
        try statement.execute(arguments: [
            start, start, start, charge.requests, charge.tokens, charge.cost.nanoUSD, start,
            account.account, start,
        ])
    }
}

extension UsageKey {
    fileprivate var arguments: StatementArguments {
        [project, accessToken, model, endpoint, status, accuracy.rawValue]
    }
}

extension Charge {
    fileprivate mutating func add(_ other: Charge) {
        requests += other.requests
        tokens += other.tokens
        cost += other.cost
    }

    fileprivate mutating func clamp(to range: ClosedRange<Int64>) {
        requests = requests.clamped(to: range)
        tokens = tokens.clamped(to: range)
        cost = Money(nanoUSD: cost.nanoUSD.clamped(to: range))
    }
}

extension Usage {
    fileprivate mutating func clamp(to range: ClosedRange<Int64>) {
        prompt = prompt.clamped(to: range)
        cachedPrompt = cachedPrompt.clamped(to: range)
        cacheWritePrompt = cacheWritePrompt.clamped(to: range)
        audioPrompt = audioPrompt.clamped(to: range)
        imagePrompt = imagePrompt.clamped(to: range)
        completion = completion.clamped(to: range)
        reasoning = reasoning.clamped(to: range)
        audioCompletion = audioCompletion.clamped(to: range)
        imageCompletion = imageCompletion.clamped(to: range)
        audioMilliseconds = audioMilliseconds.clamped(to: range)
    }
}

extension Int64 {
    fileprivate func clamped(to range: ClosedRange<Int64>) -> Int64 {
        Swift.min(Swift.max(self, range.lowerBound), range.upperBound)
    }
}
