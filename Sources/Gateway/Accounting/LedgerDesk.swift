import Domain

/// One worker's way to the ledger: it names the rows to come, hands out places in the journal, and puts what
/// is settled in the worker's own line. Confined to the worker's event loop.
package final class LedgerDesk {
    private let intake: LedgerIntake
    private let line: LedgerLine

    init(_ intake: LedgerIntake, _ line: LedgerLine) {
        self.intake = intake
        self.line = line
    }

    var journal: Journal { intake.journal }

    func makeID() -> LedgerID { intake.makeID() }

    /// A place in the journal; nil where nothing may be dispatched now.
    func takeSlot() -> Int? { intake.isWritable ? journal.take() : nil }

    /// A settled slot, for the ledger.
    func put(_ slot: Int) {
        if line.put(slot) { intake.wake() }
    }
}
