import Domain

/// A row of `ledger_rows`, which ``LedgerWriter`` writes. What it has in common with others is in
/// ``LedgerNames``.
extension LedgerRow {
    enum Column: Int32, RecordColumn {
        case id, admittedAt, names, requests, tokens, cost, prompt, cachedPrompt, completion, reasoning
        case durationNs, firstByteNs, upstreamRequest, accounts
        // What hardly any row has: NULL is zero.
        case object, cacheWritePrompt, audioPrompt, imagePrompt, audioCompletion, imageCompletion, audioMs
    }

    static let table = RecordTable<Column>("ledger_rows")

    /// The row's columns, those of its names and of its usage key.
    static let selection = """
        SELECT \(table.qualifiedList), \(LedgerNames.selection("ledger_rows"))
        """

    /// Of ``selection``.
    init(from row: RecordRow<Column>) throws {
        let names = try LedgerNames(from: row.rest())
        self.init(
            id: LedgerID(rawValue: try row.value(.id)), admittedAt: try row.moment(.admittedAt),
            project: names.project, accessToken: names.accessToken, lineage: names.lineage,
            endpoint: names.endpoint, client: names.client, modelAsked: names.modelAsked,
            priceVersion: names.priceVersion, accounts: try row.accounts(.accounts), outcome: names.outcome,
            charge: Charge(
                requests: try row.value(.requests), tokens: try row.value(.tokens),
                cost: Money(nanoUSD: try row.value(.cost))),
            accuracy: names.accuracy)
        target = names.target
        modelAnswered = names.modelAnswered
        status = names.status
        durationNanoseconds = try row.value(.durationNs)
        firstByteNanoseconds = try row.value(.firstByteNs)
        upstreamRequestID = try row.optional(.upstreamRequest).map { LedgerText($0) }
        objectID = try row.optional(.object).map { LedgerText($0) }
        usage.prompt = try row.value(.prompt)
        usage.cachedPrompt = try row.value(.cachedPrompt)
        usage.cacheWritePrompt = try row.optional(.cacheWritePrompt) ?? 0
        usage.audioPrompt = try row.optional(.audioPrompt) ?? 0
        usage.imagePrompt = try row.optional(.imagePrompt) ?? 0
        usage.completion = try row.value(.completion)
        usage.reasoning = try row.value(.reasoning)
        usage.audioCompletion = try row.optional(.audioCompletion) ?? 0
        usage.imageCompletion = try row.optional(.imageCompletion) ?? 0
        usage.audioMilliseconds = try row.optional(.audioMs) ?? 0
    }
}
