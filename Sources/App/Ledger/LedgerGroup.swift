import Domain
import Gateway

/// The rows of settled exchanges, in the order of their slots. Each is made as it is asked for, and none is
/// kept: a group of thousands needs no more memory than one of its rows. Damaged slots are left out.
struct LedgerGroup: Sequence, Sendable {
    let slots: [Int]
    private let journal: Journal

    init(_ journal: Journal, slots: [Int]) {
        self.journal = journal
        self.slots = slots
    }

    func makeIterator() -> Iterator { Iterator(slots: slots.makeIterator(), journal: journal) }

    struct Iterator: IteratorProtocol {
        private var slots: [Int].Iterator
        private let journal: Journal
        private var names = RowNames()

        fileprivate init(slots: [Int].Iterator, journal: Journal) {
            self.slots = slots
            self.journal = journal
        }

        mutating func next() -> LedgerRow? {
            while let slot = slots.next() {
                if let row = journal.row(of: slot, &names) { return row }
            }
            return nil
        }
    }
}
