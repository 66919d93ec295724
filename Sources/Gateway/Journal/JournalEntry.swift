package import Domain

/// What has to be known of an attempt before it is dispatched, so that a ledger row can be made of it even if
/// the process ends right after.
package struct JournalEntry: Sendable {
    package let id: LedgerID
    package let admittedAt: Timestamp
    package let project: ProjectID
    package let accessToken: AccessTokenID
    /// The first access token of its rotations.
    package let lineage: AccessTokenID
    /// A bounded name of at most ``LedgerRow/nameLimit`` bytes; more are cut.
    package let endpoint: String
    package let client: ClientClass
    /// Cut at ``LedgerText/limit`` bytes.
    package let modelAsked: String?
    /// The upper bound that was taken from the limits, and what is charged after a crash.
    package let reservation: Charge
    package let priceVersion: Int64
    /// False for a request that is charged, where no price is known for its model.
    package let isPriced: Bool
    package let accounts: AccountPeriods
    package let target: AttemptTarget

    package init(
        id: LedgerID, admittedAt: Timestamp, project: ProjectID, accessToken: AccessTokenID,
        lineage: AccessTokenID, endpoint: String, client: ClientClass, modelAsked: String?,
        reservation: Charge, priceVersion: Int64, isPriced: Bool = true, accounts: AccountPeriods,
        target: AttemptTarget = AttemptTarget()
    ) {
        self.id = id
        self.admittedAt = admittedAt
        self.project = project
        self.accessToken = accessToken
        self.lineage = lineage
        self.endpoint = endpoint
        self.client = client
        self.modelAsked = modelAsked
        self.reservation = reservation
        self.priceVersion = priceVersion
        self.isPriced = isPriced
        self.accounts = accounts
        self.target = target
    }
}
