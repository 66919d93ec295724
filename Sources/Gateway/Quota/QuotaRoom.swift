import Domain

/// What is left of the scarcest quota of tokens and of cost that are about a request: not used, and not held
/// by requests in flight. The largest number where there is none.
package struct QuotaRoom: Hashable, Sendable {
    package private(set) var tokens = Int64.max
    /// In nano-dollars.
    package private(set) var cost = Int64.max

    package init() {}

    mutating func narrow(to amount: Int64, of metric: LimitMetric) {
        switch metric {
        case .tokens: tokens = min(tokens, amount)
        case .cost: cost = min(cost, amount)
        case .requests, .concurrency: break
        }
    }
}
