package import Domain

/// What became of an attempt, known at its end.
package struct JournalFacts: Sendable {
    /// The upstream's, zero where there was none.
    package var status: Int32
    /// A bounded name of at most ``LedgerRow/nameLimit`` bytes; more are cut.
    package var outcome: String
    package var usage: Usage
    package var charge: Charge
    package var accuracy: Accuracy
    package var durationNanoseconds: Int64
    /// Zero where no byte came.
    package var firstByteNanoseconds: Int64
    /// These three are cut at ``LedgerText/limit`` bytes.
    package var modelAnswered: String?
    package var upstreamRequestID: String?
    /// Of a background response, a batch or a run that this begins or reports the end of.
    package var objectID: String?
    /// Where there is one: what this does with it. One that begins it has no classes of usage but the two
    /// sums.
    package var objectRole: ObjectRole?
    /// False where something was used and no price was known for it.
    package var isPriced = true

    var begins: Bool { if case .begins = objectRole { true } else { false } }

    package init(
        status: Int32, outcome: String, usage: Usage, charge: Charge, accuracy: Accuracy,
        durationNanoseconds: Int64, firstByteNanoseconds: Int64
    ) {
        self.status = status
        self.outcome = outcome
        self.usage = usage
        self.charge = charge
        self.accuracy = accuracy
        self.durationNanoseconds = durationNanoseconds
        self.firstByteNanoseconds = firstByteNanoseconds
    }
}
