import Domain

/// What a ledger row has in common with many others, kept once: its names, and what is told by one of a few.
struct LedgerNames: Equatable {
    /// Where they are kept.
    struct Number {
        let names: Int64
        let key: Int64
        /// The usage groups of its project, and of all projects together.
        let projectGroup: Int64
        let instanceGroup: Int64
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
    let target: AttemptTarget

    init(of row: borrowing LedgerRow) {
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
        target = row.target
    }

    func areThose(of row: borrowing LedgerRow) -> Bool {
        accessToken == row.accessToken && modelAsked == row.modelAsked && modelAnswered == row.modelAnswered
            && status == row.status && target == row.target && accuracy == row.accuracy
            && priceVersion == row.priceVersion && client == row.client && endpoint == row.endpoint
            && outcome == row.outcome && lineage == row.lineage && project == row.project
    }
}

extension LedgerNames: Hashable {
    /// By those that differ most; the others follow from them, but for a few.
    func hash(into hasher: inout Hasher) {
        hasher.combine(accessToken)
        hasher.combine(modelAsked)
        hasher.combine(status)
        hasher.combine(target.number)
        hasher.combine(target.upstream)
    }
}
