package import Domain

/// A limit as it is kept, with its durable counter.
package struct LimitAccount: Hashable, Sendable {
    /// Which part of a row's charge it counts.
    package enum Metric: String, CaseIterable, Hashable, Sendable {
        case requests, tokens, cost
        /// Counts nothing that lasts.
        case concurrency

        func amount(of charge: Charge) -> Int64 {
            switch self {
            case .requests: charge.requests
            case .tokens: charge.tokens
            case .cost: charge.cost.nanoUSD
            case .concurrency: 0
            }
        }
    }

    /// What is set of a limit.
    package struct Setting: Hashable, Sendable {
        /// Metric, window and model pattern, as text: one limit of an owner, whatever its amount.
        package let identity: String
        package let metric: Metric
        /// In requests, tokens or nano-dollars.
        package let amount: Int64

        package init(identity: String, metric: Metric, amount: Int64) {
            self.identity = identity
            self.metric = metric
            self.amount = amount
        }
    }

    /// Its number, which no other account ever gets.
    package let account: Int32
    /// Whose limit: the first access token of a lineage, or a project.
    package let owner: String
    package let setting: Setting
    /// From when on it counts: when it was set or reset, or the start of the last period that was charged.
    package let start: Timestamp
    /// Charged since ``start``.
    package let used: Int64
    /// What top-ups have added to the amount for this period.
    package let credit: Int64
    /// What of ``used`` no row of the ledger tells.
    let base: Int64

    init(
        account: Int32, owner: String, identity: String, metric: Metric, amount: Int64, start: Timestamp,
        used: Int64, credit: Int64, base: Int64
    ) {
        self.account = account
        self.owner = owner
        setting = Setting(identity: identity, metric: metric, amount: amount)
        self.start = start
        self.used = used
        self.credit = credit
        self.base = base
    }
}
