import Domain

/// A limit and its counter as the ledger keeps them.
struct LimitAccount: Hashable {
    /// Whose limit: the first access token of a lineage, or a project.
    let owner: String
    let record: LimitRecord
    /// What of the record's `used` no row of the ledger tells.
    let base: Int64
}

extension LimitMetric {
    /// What of a charge is counted for good.
    func lasting(of charge: Charge) -> Int64 { self == .concurrency ? 0 : charge.amount(of: self) }
}
