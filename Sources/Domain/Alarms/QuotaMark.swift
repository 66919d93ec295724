/// How much of a quota is used, where that is worth an alarm; in percent.
package enum QuotaMark: Int, Hashable, Sendable {
    case warning = 80
    case exhausted = 100

    /// The highest that a limit has reached; nil for one that allows nothing, and for what is no quota.
    package init?(reachedBy state: LimitState) {
        let allowance = state.allowance
        guard state.limit.id.isQuota, allowance > 0 else { return nil }
        if state.used >= allowance {
            self = .exhausted
        } else if state.used >= allowance - allowance / 5 {
            self = .warning
        } else {
            return nil
        }
    }
}
