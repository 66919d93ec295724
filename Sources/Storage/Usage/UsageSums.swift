package import Domain

/// What several ledger rows come to together. Rows that correct others may be negative. Sums saturate:
/// whatever is stored, adding it up ends.
package struct UsageSums: Hashable, Sendable {
    /// Rows, corrections among them.
    package internal(set) var attempts: Int64 = 0
    /// What the `requests` metric counted: one for each request, in the row of its first attempt that was
    /// sent. Rows of further attempts count none, neither here nor in the two below.
    package internal(set) var requests: Int64 = 0
    /// Of ``requests``, those whose usage is not exact.
    package internal(set) var estimatedRequests: Int64 = 0
    /// Of ``requests``, those that used something for which no price was known: their cost is zero, and not
    /// free.
    package internal(set) var unpricedRequests: Int64 = 0
    /// What the `tokens` metric counted: of an attempt without a told usage, its reservation.
    package internal(set) var tokens: Int64 = 0
    package internal(set) var cost = Money.zero
    package internal(set) var usage = Usage()

    package init() {}

    mutating func add(_ other: UsageSums) {
        attempts = attempts.addingSaturated(other.attempts)
        requests = requests.addingSaturated(other.requests)
        estimatedRequests = estimatedRequests.addingSaturated(other.estimatedRequests)
        unpricedRequests = unpricedRequests.addingSaturated(other.unpricedRequests)
        tokens = tokens.addingSaturated(other.tokens)
        cost += other.cost
        add(other.usage)
    }

    private mutating func add(_ other: Usage) {
        usage.prompt = usage.prompt.addingSaturated(other.prompt)
        usage.cachedPrompt = usage.cachedPrompt.addingSaturated(other.cachedPrompt)
        usage.cacheWritePrompt = usage.cacheWritePrompt.addingSaturated(other.cacheWritePrompt)
        usage.audioPrompt = usage.audioPrompt.addingSaturated(other.audioPrompt)
        usage.imagePrompt = usage.imagePrompt.addingSaturated(other.imagePrompt)
        usage.completion = usage.completion.addingSaturated(other.completion)
        usage.reasoning = usage.reasoning.addingSaturated(other.reasoning)
        usage.audioCompletion = usage.audioCompletion.addingSaturated(other.audioCompletion)
        usage.imageCompletion = usage.imageCompletion.addingSaturated(other.imageCompletion)
        usage.audioMilliseconds = usage.audioMilliseconds.addingSaturated(other.audioMilliseconds)
    }
}

extension UsageSums {
    /// One row.
    mutating func add(_ usage: Usage, _ charge: Charge, isExact: Bool, isPriced: Bool) {
        attempts = attempts.addingSaturated(1)
        requests = requests.addingSaturated(charge.requests)
        if !isExact { estimatedRequests = estimatedRequests.addingSaturated(charge.requests) }
        if !isPriced { unpricedRequests = unpricedRequests.addingSaturated(charge.requests) }
        tokens = tokens.addingSaturated(charge.tokens)
        cost += charge.cost
        add(usage)
    }
}
