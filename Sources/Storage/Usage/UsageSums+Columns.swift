import Domain

/// Sums as columns: of a rollup, and of a ledger's row, which is a sum of one.
extension UsageSums {
    enum Column: Int32, RecordColumn {
        case requests, tokens, cost, prompt, cachedPrompt, cacheWritePrompt, audioPrompt, imagePrompt
        case completion, reasoning, audioCompletion, imageCompletion, audioMs
        case unpriced
    }

    static let rollupColumns = Column.columnNames.joined(separator: ", ")
    /// Of `ledger_rows` joined with `ledger_names`.
    static let rowColumns = """
        \(Column.columnNames.dropLast().joined(separator: ", ")),
        CASE WHEN price_version = 0 THEN requests ELSE 0 END
        """

    /// - Parameter place: of the first of ``rollupColumns``, counted from 1.
    func bind(to statement: RawStatement, at place: Int32) {
        for column in Column.allCases { statement.bind(value(of: column), at: place + column.rawValue) }
    }

    private func value(of column: Column) -> Int64 {
        switch column {
        case .requests: requests
        case .tokens: tokens
        case .cost: cost.nanoUSD
        case .prompt: usage.prompt
        case .cachedPrompt: usage.cachedPrompt
        case .cacheWritePrompt: usage.cacheWritePrompt
        case .audioPrompt: usage.audioPrompt
        case .imagePrompt: usage.imagePrompt
        case .completion: usage.completion
        case .reasoning: usage.reasoning
        case .audioCompletion: usage.audioCompletion
        case .imageCompletion: usage.imageCompletion
        case .audioMs: usage.audioMilliseconds
        case .unpriced: unpricedRequests
        }
    }

    /// `attempts` and `isExact` are told by other columns.
    ///
    /// - Parameter column: the place of the first of ``rollupColumns`` or ``rowColumns``, counted from 0.
    init(from statement: RawStatement, at column: Int32, attempts: Int64, isExact: Bool) {
        func sum(_ name: Column) -> Int64 { statement.int(column + name.rawValue) }
        self.attempts = attempts
        requests = sum(.requests)
        tokens = sum(.tokens)
        cost = Money(nanoUSD: sum(.cost))
        usage.prompt = sum(.prompt)
        usage.cachedPrompt = sum(.cachedPrompt)
        usage.cacheWritePrompt = sum(.cacheWritePrompt)
        usage.audioPrompt = sum(.audioPrompt)
        usage.imagePrompt = sum(.imagePrompt)
        usage.completion = sum(.completion)
        usage.reasoning = sum(.reasoning)
        usage.audioCompletion = sum(.audioCompletion)
        usage.imageCompletion = sum(.imageCompletion)
        usage.audioMilliseconds = sum(.audioMs)
        unpricedRequests = sum(.unpriced)
        if !isExact { estimatedRequests = requests }
    }
}
