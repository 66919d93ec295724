package import Domain

/// What several ledger rows come to together. Rows that correct others may be negative. Sums saturate:
/// whatever is stored, adding it up ends.
package struct UsageSums: Hashable, Sendable {
    /// Rows.
    package internal(set) var attempts: Int64 = 0
    /// What the `requests` metric counted: one for each attempt that was charged.
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

    /// What the ledger's rows and the rollups have in common. ``init(from:at:attempts:isExact:)`` takes them
    /// in this order, with the unpriced requests behind them.
    static let columns = """
        requests, tokens, cost, prompt, cached_prompt, cache_write_prompt, audio_prompt, image_prompt,
        completion, reasoning, audio_completion, image_completion, audio_ms
        """
    static let columnNames = columns.split { $0 == "," || $0.isWhitespace }.map(String.init)

    static let rollupColumns = columns + ", unpriced"
    /// Of `ledger_rows` joined with `ledger_names`.
    static let rowColumns = columns + ", CASE WHEN price_version = 0 THEN requests ELSE 0 END"

    func bind(to statement: RawStatement, at place: Int32) {
        statement.bind(requests, at: place)
        statement.bind(tokens, at: place + 1)
        statement.bind(cost.nanoUSD, at: place + 2)
        statement.bind(usage.prompt, at: place + 3)
        statement.bind(usage.cachedPrompt, at: place + 4)
        statement.bind(usage.cacheWritePrompt, at: place + 5)
        statement.bind(usage.audioPrompt, at: place + 6)
        statement.bind(usage.imagePrompt, at: place + 7)
        statement.bind(usage.completion, at: place + 8)
        statement.bind(usage.reasoning, at: place + 9)
        statement.bind(usage.audioCompletion, at: place + 10)
        statement.bind(usage.imageCompletion, at: place + 11)
        statement.bind(usage.audioMilliseconds, at: place + 12)
        statement.bind(unpricedRequests, at: place + 13)
    }

    /// `attempts` and `isExact` are told by other columns.
    init(from statement: RawStatement, at column: Int32, attempts: Int64, isExact: Bool) {
        self.attempts = attempts
        requests = statement.int(column)
        tokens = statement.int(column + 1)
        cost = Money(nanoUSD: statement.int(column + 2))
        usage = Usage(prompt: statement.int(column + 3), completion: statement.int(column + 8))
        usage.cachedPrompt = statement.int(column + 4)
        usage.cacheWritePrompt = statement.int(column + 5)
        usage.audioPrompt = statement.int(column + 6)
        usage.imagePrompt = statement.int(column + 7)
        usage.reasoning = statement.int(column + 9)
        usage.audioCompletion = statement.int(column + 10)
        usage.imageCompletion = statement.int(column + 11)
        usage.audioMilliseconds = statement.int(column + 12)
        unpricedRequests = statement.int(column + 13)
        if !isExact { estimatedRequests = requests }
    }
}
