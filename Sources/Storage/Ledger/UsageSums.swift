package import Domain

/// What several ledger rows come to together.
package struct UsageSums: Hashable, Sendable {
    /// Rows.
    package internal(set) var attempts: Int64 = 0
    /// What the `requests` metric counted: one for each attempt that was charged.
    package internal(set) var requests: Int64 = 0
    /// Of ``requests``, those whose usage is not exact.
    package internal(set) var estimatedRequests: Int64 = 0
    /// What the `tokens` metric counted: of an attempt without a told usage, its reservation.
    package internal(set) var tokens: Int64 = 0
    package internal(set) var cost = Money.zero
    package internal(set) var usage = Usage()

    package init() {}

    mutating func add(_ other: UsageSums) {
        attempts += other.attempts
        requests += other.requests
        estimatedRequests += other.estimatedRequests
        tokens += other.tokens
        cost += other.cost
        add(other.usage)
    }

    private mutating func add(_ other: Usage) {
        usage.prompt += other.prompt
        usage.cachedPrompt += other.cachedPrompt
        usage.cacheWritePrompt += other.cacheWritePrompt
        usage.audioPrompt += other.audioPrompt
        usage.imagePrompt += other.imagePrompt
        usage.completion += other.completion
        usage.reasoning += other.reasoning
        usage.audioCompletion += other.audioCompletion
        usage.imageCompletion += other.imageCompletion
        usage.audioMilliseconds += other.audioMilliseconds
    }
}

extension UsageSums {
    /// One row.
    mutating func add(_ usage: Usage, _ charge: Charge, isExact: Bool) {
        attempts += 1
        requests += charge.requests
        if !isExact { estimatedRequests += charge.requests }
        tokens += charge.tokens
        cost += charge.cost
        add(usage)
    }

    /// The columns of the ledger and the rollups, in the order in which ``read(from:at:)`` takes them.
    static let columns = """
        requests, tokens, cost, prompt, cached_prompt, cache_write_prompt, audio_prompt, image_prompt,
        completion, reasoning, audio_completion, image_completion, audio_ms
        """
    static let columnNames = columns.split { $0 == "," || $0.isWhitespace }.map(String.init)

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
        if !isExact { estimatedRequests = requests }
    }
}
