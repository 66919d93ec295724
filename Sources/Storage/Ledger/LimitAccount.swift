import Domain

/// A limit and its counter as the ledger keeps them.
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

extension LimitMetric {
    /// What of a charge is counted for good.
    func lasting(of charge: Charge) -> Int64 { self == .concurrency ? 0 : charge.amount(of: self) }
}
