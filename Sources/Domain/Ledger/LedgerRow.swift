/// What is written down of one upstream attempt, for good: who, when, what for, how it ended, what it used.
///
/// Nothing in it identifies a prompt. The names are of bounded sets, at most ``nameLimit`` bytes; texts that
/// strangers chose are cut (``LedgerText``).
package struct LedgerRow: Hashable, Sendable {
    /// Of ``endpoint`` and ``outcome``, in bytes.
    package static let nameLimit = 31

    package let id: LedgerID
    /// The moment that decides on the period and on the prices.
    package let admittedAt: Timestamp
    package let project: ProjectID
    package let accessToken: AccessTokenID
    /// The first access token of its rotations: what limits belong to.
    package let lineage: AccessTokenID
    package let endpoint: String
    package let client: ClientClass
    package let modelAsked: LedgerText?
    /// Zero where something was used and no price was known for it.
    package var priceVersion: Int64
    /// The durable counters that ``charge`` goes to.
    package let accounts: AccountPeriods
    /// Which attempt of its request it is, and where that went.
    package var target = AttemptTarget()

    package var modelAnswered: LedgerText?
    /// The upstream's, zero where there was none.
    package var status: Int32
    package var outcome: String
    package var usage: Usage
    package var charge: Charge
    package var accuracy: Accuracy
    package var durationNanoseconds: Int64
    /// Zero where no byte came.
    package var firstByteNanoseconds: Int64
    package var upstreamRequestID: LedgerText?
    /// Of a background response, a batch or a run that this row begins or reports the end of.
    package var objectID: LedgerText?
    /// What it does with that object; nil where it has none, and in a row that is read from the ledger, which
    /// does not keep it.
    package var objectRole: ObjectRole?

    /// A row as it is before anything is known of its end.
    package init(
        id: LedgerID, admittedAt: Timestamp, project: ProjectID, accessToken: AccessTokenID,
        lineage: AccessTokenID, endpoint: String, client: ClientClass, modelAsked: LedgerText?,
        priceVersion: Int64, accounts: AccountPeriods, outcome: String, charge: Charge, accuracy: Accuracy
    ) {
        self.id = id
        self.admittedAt = admittedAt
        self.project = project
        self.accessToken = accessToken
        self.lineage = lineage
        self.endpoint = endpoint
        self.client = client
        self.modelAsked = modelAsked
        self.priceVersion = priceVersion
        self.accounts = accounts
        self.outcome = outcome
        self.charge = charge
        self.accuracy = accuracy
        status = 0
        usage = Usage()
        durationNanoseconds = 0
        firstByteNanoseconds = 0
    }

    /// What reports group by: the model that was asked for, else the one that answered, else none.
    package var model: String { modelAsked?.rawValue ?? modelAnswered?.rawValue ?? "" }
}
