import Domain
import GRDB

/// Appends rows within one transaction: the rows, and in the end what they come to in rollups and counters.
///
/// A row that is there already is left out of everything, so a batch may be written twice.
struct LedgerWriter {
    /// No answer can use more of anything in one request, whatever it says or its client named; sums, which
    /// saturate, are far from where they would. Tokens, and nano-dollars.
    private static let largest: Int64 = 1_000_000_000_000_000

    let database: Database
    private let insertion: RawStatement
    /// Of a row with something that hardly any has; made when it is needed.
    private var longInsertion: RawStatement?
    /// Committed before.
    private let known: LedgerNumbers
    private var rollups = LedgerRollups()
    private var charges: [AccountPeriod: Charge] = [:]
    private var corrections: [AccountPeriod: Charge] = [:]
    /// Those of the row before: rows mostly come in runs that have them in common.
    private var lastNames: (names: LedgerNames, number: LedgerNames.Number)?
    /// The lineage that was noted last, for the same reason.
    private var lastCharged: AccessTokenID?
    /// Found or made in this transaction.
    private(set) var made = LedgerNumbers()
    var result = LedgerAppend()
    /// How many objects are pending; counted when that is first asked.
    var pendingCount: Int?
    /// Read when an object's end is first priced.
    var prices: StoredPrices?

    init(in database: Database, known: LedgerNumbers) throws {
        self.database = database
        self.known = known
        insertion = try RawStatement(Self.insertion, in: database)
    }

    private static let insertion = insertion(
        of: LedgerRow.table.columns.prefix(Int(LedgerRow.Column.object.rawValue)))
    private static let longInsertion = insertion(of: LedgerRow.table.columns)

    private static func insertion(of columns: some Collection<String>) -> String {
        RecordTable<LedgerRow.Column>.insertion(into: LedgerRow.table.name, columns)
            + " ON CONFLICT DO NOTHING"
    }

    mutating func append(_ row: borrowing LedgerRow) throws {
        result.read += 1
        var usage = row.usage
        var charge = row.charge
        usage.clamp(to: 0...Self.largest)
        charge.clamp(to: 0...Self.largest)
        noteCharged(row)
        let number = try number(of: row)
        if let object = row.objectID {
            guard try !isWritten(row.id) else { return }
            if try !claim(object, by: row, usage, charge, number.names) {
                usage = Usage()
                charge.tokens = 0
                charge.cost = .zero
            }
        }
        guard try write(row, usage, charge, number) else { return }
        result.appended += 1
        Self.add(charge, of: row, to: &charges)
    }

    /// Writes a row that says that another was charged too much or too little.
    mutating func correct(_ pending: PendingCharge, to end: ObjectEnd, id: LedgerID) throws {
        var end = end
        end.usage.clamp(to: 0...Self.largest)
        var (cost, version) = try cost(of: end, pending)
        cost = cost.map { Money(nanoUSD: $0.nanoUSD.clamped(to: 0...Self.largest)) }
        let row = pending.correction(to: end, cost: cost, priceVersion: version, id: id)
        noteCharged(row)
        guard try write(row, row.usage, row.charge, try number(of: row)) else { return }
        result.corrected += 1
        Self.add(row.charge, of: row, to: &corrections)
        noteAdjustment(of: row, by: row.charge)
    }

    func isWritten(_ id: LedgerID) throws -> Bool {
        try Int64.fetchOne(
            database, sql: "SELECT id FROM ledger_rows WHERE id = ?", arguments: [id.rawValue]) != nil
    }

    /// False where it was there.
    private mutating func write(
        _ row: borrowing LedgerRow, _ usage: Usage, _ charge: Charge, _ number: LedgerNames.Number
    ) throws -> Bool {
        guard try insert(row, usage, charge, number.names) else { return false }
        rollups.add(row, number, usage, charge)
        return true
    }

    private static func add(
        _ charge: Charge, of row: borrowing LedgerRow, to sums: inout [AccountPeriod: Charge]
    ) {
        for index in 0..<row.accounts.count { sums[row.accounts[index], default: .none].add(charge) }
    }

    mutating func noteAdjustment(of row: borrowing LedgerRow, by charge: Charge) {
        guard !row.accounts.isEmpty, charge.tokens != 0 || charge.cost != .zero else { return }
        result.adjustments.append(
            LedgerAdjustment(
                project: row.project, lineage: row.lineage, accounts: row.accounts,
                charge: Charge(requests: 0, tokens: charge.tokens, cost: charge.cost)))
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
        // They come up to days late, and begin no counter: it would take the place of one that counts.
        for (account, charge) in corrections { _ = try addToKept(charge, account) }
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

    private typealias Column = LedgerRow.Column

    /// False where it was there.
    private mutating func insert(
        _ row: borrowing LedgerRow, _ usage: Usage, _ charge: Charge, _ names: Int64
    ) throws -> Bool {
        let isLong = row.objectID != nil || usage.isRare
        let insertion = isLong ? try longStatement() : insertion
        insertion.bind(row.id.rawValue, at: Column.id)
        insertion.bind(row.admittedAt.milliseconds, at: Column.admittedAt)
        insertion.bind(names, at: Column.names)
        insertion.bind(charge.requests, at: Column.requests)
        insertion.bind(charge.tokens, at: Column.tokens)
        insertion.bind(charge.cost.nanoUSD, at: Column.cost)
        insertion.bind(usage.prompt, at: Column.prompt)
        insertion.bind(usage.cachedPrompt, at: Column.cachedPrompt)
        insertion.bind(usage.completion, at: Column.completion)
        insertion.bind(usage.reasoning, at: Column.reasoning)
        insertion.bind(row.durationNanoseconds, at: Column.durationNs)
        insertion.bind(row.firstByteNanoseconds, at: Column.firstByteNs)
        insertion.bind(row.upstreamRequestID?.rawValue, at: Column.upstreamRequest)
        insertion.bind(row.accounts, at: Column.accounts)
        if isLong {
            insertion.bind(row.objectID?.rawValue, at: Column.object)
            insertion.bind(usage.cacheWritePrompt, at: Column.cacheWritePrompt)
            insertion.bind(usage.audioPrompt, at: Column.audioPrompt)
            insertion.bind(usage.imagePrompt, at: Column.imagePrompt)
            insertion.bind(usage.audioCompletion, at: Column.audioCompletion)
            insertion.bind(usage.imageCompletion, at: Column.imageCompletion)
            insertion.bind(usage.audioMilliseconds, at: Column.audioMs)
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
        let key = try usageKey.number(in: database)
        let number = LedgerNames.Number(
            names: try names.number(under: key, in: database), key: key,
            projectGroup: try number(of: usageKey.group),
            instanceGroup: try number(of: usageKey.group.ofInstance))
        made.names[names] = number
        return number
    }

    private mutating func number(of group: UsageGroupKey) throws -> Int64 {
        if let number = known.groups[group] ?? made.groups[group] { return number }
        let number = try group.number(in: database)
        made.groups[group] = number
        return number
    }

    /// To the counter that counts from that moment, which is begun where it is not kept. A limit that is gone
    /// counts nothing.
    private func add(_ charge: Charge, to account: AccountPeriod) throws {
        guard try !addToKept(charge, account) else { return }
        guard try Store.beginCounter(account.account, from: account.start, in: database) else { return }
        _ = try add(charge, to: account, at: .last)
    }

    /// False where the counter is not kept.
    private func addToKept(_ charge: Charge, _ account: AccountPeriod) throws -> Bool {
        for place in CounterPlace.allCases where try add(charge, to: account, at: place) { return true }
        return false
    }

    /// False where another counter is kept in that place.
    private func add(
        _ charge: Charge, to account: AccountPeriod, at place: CounterPlace
    ) throws -> Bool {
        let used = "used\(place.rawValue)"
        let statement = try database.cachedStatement(
            sql: """
                UPDATE limit_accounts SET \(used) = \(used) + \(CounterPlace.amount)
                WHERE account = ? AND start\(place.rawValue) = ?
                """)
        try statement.execute(arguments: [
            charge.requests, charge.tokens, charge.cost.nanoUSD, account.account,
            account.start.milliseconds,
        ])
        return database.changesCount > 0
    }
}

extension Charge {
    fileprivate mutating func add(_ other: Charge) {
        requests = requests.addingSaturated(other.requests)
        tokens = tokens.addingSaturated(other.tokens)
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
