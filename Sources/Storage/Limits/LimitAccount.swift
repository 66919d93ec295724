import Domain
import GRDB

/// A limit and its counters, as the ledger keeps them.
struct LimitAccount: Hashable {
    /// Whose limit: the first access token of a lineage, or a project.
    let owner: String
    let record: LimitRecord
    /// What of ``counters``' `used` no row of the ledger tells.
    let bases: [Int64]

    /// All that are kept, the one that was begun last first.
    var counters: [LimitCounter] { record.counters }

    /// The clock has gone back: a period may have been begun again after its counter was forgotten, and its
    /// rows then tell more than the counter.
    var hasGoneBack: Bool {
        zip(counters, counters.dropFirst()).contains { $0.start < $1.start }
    }
}

/// A row of `limit_accounts`.
extension LimitAccount: Record {
    enum Column: Int32, RecordColumn {
        case account, owner, identity, metric, amount
        case start, used, base, credit
        case start2, used2, base2, credit2
        case start3, used3, base3, credit3
    }

    static let table = RecordTable<Column>("limit_accounts")

    init(from row: RecordRow<Column>) throws {
        try self.init(from: row, of: try row.parsed(.identity) { try? LimitID(parsing: $0) })
    }

    /// - Parameter id: what the row's `identity` says.
    init(from row: RecordRow<Column>, of id: LimitID) throws {
        owner = try row.value(.owner)
        var others: [LimitCounter] = []
        var bases = [try row.saturated(.base)]
        // Most limits have none yet, and a start reads all of them.
        if !row.isNull(.start2) {
            others.append(try row.counter(.start2, .used2, .credit2))
            bases.append(try row.saturated(.base2))
        }
        if !row.isNull(.start3) {
            others.append(try row.counter(.start3, .used3, .credit3))
            bases.append(try row.saturated(.base3))
        }
        self.bases = bases
        let last = try row.counter(.start, .used, .credit)
        record = LimitRecord(
            account: try row.value(.account), limit: Limit(id, amount: max(0, try row.saturated(.amount))),
            start: last.start, used: last.used, credit: last.credit, others: others)
    }

    func value(of column: Column) -> (any DatabaseValueConvertible)? {
        switch column {
        case .account: record.account
        case .owner: owner
        case .identity: record.limit.id.description
        case .metric: record.limit.id.metric.rawValue
        case .amount: record.limit.amount
        case .start: record.start.milliseconds
        case .used: record.used
        case .base: bases.first
        case .credit: record.credit
        case .start2: counter(1)?.start.milliseconds
        case .used2: counter(1)?.used
        case .base2: bases.dropFirst(1).first
        case .credit2: counter(1)?.credit
        case .start3: counter(2)?.start.milliseconds
        case .used3: counter(2)?.used
        case .base3: bases.dropFirst(2).first
        case .credit3: counter(2)?.credit
        }
    }

    private func counter(_ index: Int) -> LimitCounter? {
        index < counters.count ? counters[index] : nil
    }
}

extension RecordRow<LimitAccount.Column> {
    fileprivate func counter(
        _ start: Column, _ used: Column, _ credit: Column
    ) throws -> LimitCounter {
        LimitCounter(
            start: Timestamp(milliseconds: try saturated(start)), used: try saturated(used),
            credit: max(0, try saturated(credit)))
    }
}

extension LimitMetric {
    /// What of a charge is counted for good.
    func lasting(of charge: Charge) -> Int64 { self == .concurrency ? 0 : charge.amount(of: self) }
}
