import Domain

/// One worker's way to the ledger: it numbers the rows to come, hands out places in the journal, and puts what
/// is settled in line. Confined to the worker's event loop.
package final class LedgerDesk {
    private let intake: LedgerIntake
    private let line: LedgerLine
    private var numbers = 0..<Int64(0)

    init(_ intake: LedgerIntake, _ line: LedgerLine) {
        self.intake = intake
        self.line = line
    }

    var journal: Journal { intake.journal }

    func makeID() -> LedgerID {
        if numbers.isEmpty { numbers = intake.takeNumbers() }
        return LedgerID(generation: intake.generation, sequence: numbers.removeFirst())
    }

    /// A place in the journal; nil where nothing may be dispatched now.
    func takeSlot() -> Int? { intake.isWritable ? journal.take() : nil }

    /// A settled slot, for the ledger.
    func put(_ slot: Int) {
        if line.put(slot) { intake.wake() }
    }
}
