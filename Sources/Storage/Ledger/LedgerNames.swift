import Domain

/// What a ledger row has in common with many others, kept once: its names, and what is told by one of a few.
struct LedgerNames: Equatable {
    /// Where they are kept.
    struct Number {
        let names: Int64
        let key: Int64
    }

    let project: ProjectID
    let accessToken: AccessTokenID
    let lineage: AccessTokenID
    let endpoint: String
    let client: ClientClass
    let modelAsked: LedgerText?
    let modelAnswered: LedgerText?
    let status: Int32
    let outcome: String
    let accuracy: Accuracy
    let priceVersion: Int64

    init(of row: LedgerRow) {
        project = row.project
        accessToken = row.accessToken
        lineage = row.lineage
        endpoint = row.endpoint
        client = row.client
        modelAsked = row.modelAsked
        modelAnswered = row.modelAnswered
        status = row.status
        outcome = row.outcome
        accuracy = row.accuracy
        priceVersion = row.priceVersion
    }
}

extension LedgerNames: Hashable {
    /// By those that differ most; the others follow from them, but for a few.
    func hash(into hasher: inout Hasher) {
        hasher.combine(accessToken)
        hasher.combine(modelAsked)
        hasher.combine(status)
    }
}
