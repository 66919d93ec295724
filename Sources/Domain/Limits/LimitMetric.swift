/// What a limit counts.
package enum LimitMetric: String, CaseIterable, Hashable, Sendable {
    case requests
    /// Prompt and completion tokens together.
    case tokens
    /// Nano-USD inside, dollars in text.
    case cost
    /// Requests under way at one moment; the one metric without a window.
    case concurrency
}

extension Charge {
    /// What of the charge falls under a limit of this metric, in the metric's unit. Every exchange is one
    /// under way.
    package func amount(of metric: LimitMetric) -> Int64 {
        switch metric {
        case .requests: requests
        case .tokens: tokens
        case .cost: cost.nanoUSD
        case .concurrency: 1
        }
    }
}
