import Domain
import GRDB

/// Appends rows within one transaction: the rows, and in the end what they come to in rollups and counters.
///
/// A row that is there already is left out of everything, so a batch may be written twice.
struct LedgerWriter {
    /// No answer can use more of anything in one request; it keeps the sums far from where they would not
    /// fit.
    private static let largest: Int64 = 1_000_000_000_000_000

    private let database: Database
    private let insertion: RawStatement
    /// Of a row with something that hardly any has; made when it is needed.
    private var longInsertion: RawStatement?
    /// Committed before.
    private let known: LedgerNumbers
    private var rollups = LedgerRollups()
    private var charges: [AccountPeriod: Charge] = [:]
    /// Those of the row before: rows mostly come in runs that have them in common.
    private var lastNames: (names: LedgerNames, number: LedgerNames.Number)?
    /// The lineage that was noted last, for the same reason.
    private var lastCharged: AccessTokenID?
    /// Found or made in this transaction.
    private(set) var made = LedgerNumbers()
    private(set) var result = LedgerAppend()

    init(in database: Database, known: LedgerNumbers) throws {
        self.database = database
        self.known = known
        insertion = try RawStatement(Self.insertion, in: database)
    }

    private static let columns = """
        id, admitted_at, names, requests, tokens, cost, prompt, cached_prompt, completion, reasoning,
        duration_ns, first_byte_ns, upstream_request, accounts
        """
    private static let rareColumns = """
        object, cache_write_prompt, audio_prompt, image_prompt, audio_completion, image_completion, audio_ms
        """

    private static let insertion = insertion(of: columns)
    private static let longInsertion = insertion(of: columns + ", " + rareColumns)

    private static func insertion(of columns: String) -> String {
        let places = columns.split(separator: ",").map { _ in "?" }.joined(separator: ", ")
        return "INSERT INTO ledger_rows (\(columns)) VALUES (\(places)) ON CONFLICT DO NOTHING"
    }

    mutating func append(_ row: borrowing LedgerRow) throws {
        result.read += 1
        var usage = row.usage
        var charge = row.charge
        usage.clamp(to: 0...Self.largest)
        charge.clamp(to: 0...Self.largest)
        var isUncharged = false
        if let object = row.objectID, try !claim(object, for: row) {
            usage = Usage()
            charge.tokens = 0
            charge.cost = .zero
            isUncharged = true
        }
        let number = try number(of: row)
        noteCharged(row)
        guard try insert(row, usage, charge, number.names) else { return }
        if isUncharged { result.uncharged.append(copy row) }
        result.appended += 1
        rollups.add(row, number, usage, charge)
        for index in 0..<row.accounts.count { charges[row.accounts[index], default: .none].add(charge) }
    }

    private mutating func noteCharged(_ row: borrowing LedgerRow) {
        guard !row.accounts.isEmpty, lastCharged != row.lineage else { return }
        result.charged.insert(.lineage(row.lineage, of: row.project))
        lastCharged = row.lineage
    }

    mutating func finish() throws {
        try rollups.write(in: database)
        for (account, charge) in charges.sorted(by: { $0.key.start < $1.key.start }) {
            try add(charge, to: account)
        }
        let use = try database.cachedStatement(
            sql: """
                UPDATE access_tokens SET last_used_at = ?
                WHERE id = ? AND (last_used_at IS NULL OR last_used_at < ?)
                """)
        for (accessToken, moment) in rollups.lastUses {
            try use.execute(
                arguments: [moment.milliseconds, accessToken.rawValue, moment.milliseconds])
        }
    }

    /// True where this row charges for the object: it is new, or this row has it already.
    private func claim(_ object: LedgerText, for row: borrowing LedgerRow) throws -> Bool {
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
    private mutating func insert(
        _ row: borrowing LedgerRow, _ usage: Usage, _ charge: Charge, _ names: Int64
    ) throws -> Bool {
        let isLong = row.objectID != nil || usage.isRare
        let insertion = isLong ? try longStatement() : insertion
        insertion.bind(row.id.rawValue, at: 1)
        insertion.bind(row.admittedAt.milliseconds, at: 2)
        insertion.bind(names, at: 3)
        insertion.bind(charge.requests, at: 4)
        insertion.bind(charge.tokens, at: 5)
        insertion.bind(charge.cost.nanoUSD, at: 6)
        insertion.bind(usage.prompt, at: 7)
        insertion.bind(usage.cachedPrompt, at: 8)
        insertion.bind(usage.completion, at: 9)
        insertion.bind(usage.reasoning, at: 10)
        insertion.bind(row.durationNanoseconds, at: 11)
        insertion.bind(row.firstByteNanoseconds, at: 12)
        insertion.bind(row.upstreamRequestID?.rawValue, at: 13)
        insertion.bind(row.accounts, at: 14)
        if isLong {
            insertion.bind(row.objectID?.rawValue, at: 15)
            insertion.bind(usage.cacheWritePrompt, at: 16)
            insertion.bind(usage.audioPrompt, at: 17)
            insertion.bind(usage.imagePrompt, at: 18)
            insertion.bind(usage.audioCompletion, at: 19)
            insertion.bind(usage.imageCompletion, at: 20)
            insertion.bind(usage.audioMilliseconds, at: 21)
        }
        try insertion.run()
        return insertion.changes > 0
    }

    private mutating func longStatement() throws -> RawStatement {
        if let longInsertion { return longInsertion }
        let statement = try RawStatement(Self.longInsertion, in: database)
        longInsertion = statement
        return statement
    }

    private mutating func number(of row: borrowing LedgerRow) throws -> LedgerNames.Number {
        if let lastNames, lastNames.names.areThose(of: row) { return lastNames.number }
        let names = LedgerNames(of: row)
        let number = try number(of: names)
        lastNames = (names, number)
        return number
    }

    private mutating func number(of names: LedgerNames) throws -> LedgerNames.Number {
        if let number = known.names[names] ?? made.names[names] { return number }
        let usageKey = UsageKey(of: names)
        let group = UsageGroupKey(usageKey)
        let key = try number(of: usageKey)
        let number = LedgerNames.Number(
            names: try number(of: names, under: key), key: key, projectGroup: try number(of: group),
            instanceGroup: try number(of: group.ofInstance))
        made.names[names] = number
        return number
    }

    private func number(of names: LedgerNames, under key: Int64) throws -> Int64 {
        let arguments: StatementArguments = [
            key, names.lineage.rawValue, names.client.rawValue, names.modelAsked?.rawValue,
            names.modelAnswered?.rawValue, names.outcome, names.priceVersion,
        ]
        let number = try Int64.fetchOne(
            database,
            sql: """
                SELECT id FROM ledger_names WHERE usage_key = ? AND lineage = ? AND client = ?
                    AND model_asked IS NOT DISTINCT FROM ? AND model_answered IS NOT DISTINCT FROM ?
                    AND outcome = ? AND price_version = ?
                """, arguments: arguments)
        if let number { return number }
        try database.execute(
            sql: """
                INSERT INTO ledger_names (
                    usage_key, lineage, client, model_asked, model_answered, outcome, price_version)
                VALUES (?, ?, ?, ?, ?, ?, ?)
                """, arguments: arguments)
        return database.lastInsertedRowID
    }

    private func number(of key: UsageKey) throws -> Int64 {
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
        return number
    }

    private mutating func number(of group: UsageGroupKey) throws -> Int64 {
        if let number = known.groups[group] ?? made.groups[group] { return number }
        try database.execute(
            sql: """
                INSERT INTO usage_groups (project, model, endpoint, status, accuracy)
                VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING
                """, arguments: group.arguments)
        let number = try Int64.fetchOne(
            database,
            sql: """
                SELECT id FROM usage_groups WHERE project = ? AND model = ? AND endpoint = ? AND status = ?
                    AND accuracy = ?
                """, arguments: group.arguments)
        guard let number, number < 1 << 32 else { throw StoreError.corrupt }
        made.groups[group] = number
        return number
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

extension UsageGroupKey {
    fileprivate var arguments: StatementArguments { [project, model, endpoint, status, accuracy] }
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
    /// Something was used that hardly any request uses.
    fileprivate var isRare: Bool {
        cacheWritePrompt | audioPrompt | imagePrompt | audioCompletion | imageCompletion | audioMilliseconds
            != 0
    }

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
