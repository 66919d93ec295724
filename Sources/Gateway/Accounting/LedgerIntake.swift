import Domain
import Synchronization

/// The way of a settled exchange to the ledger: its place in the journal goes in line here, and whoever writes
/// the ledger takes the line and commits it.
///
/// The journal's slots bound what is in flight and in line together. Where there is none left, or the last
/// commit failed, nothing may be dispatched: what is used could not be written down.
package final class LedgerIntake: Sendable {
    package let journal: Journal
    private let generation: Int64
    private let sequence = Atomic<Int64>(0)
    private let writable = Atomic<Bool>(true)
    private let line = Mutex<[Int]>([])
    private let wake: @Sendable () -> Void

    /// `generation`: the number of this start of the server. `wake` is called on any thread when something is
    /// in line behind nothing.
    package init(journal: Journal, generation: Int64, wake: @escaping @Sendable () -> Void) {
        self.journal = journal
        self.generation = generation
        self.wake = wake
    }

    func makeID() -> LedgerID {
        LedgerID(generation: generation, sequence: sequence.add(1, ordering: .relaxed).oldValue)
    }

    /// A place in the journal; nil where nothing may be dispatched now.
    func takeSlot() -> Int? { isWritable ? journal.take() : nil }

    /// A settled slot, for the ledger.
    func put(_ slot: Int) {
        let isFirst = line.withLock { line in
            line.append(slot)
            return line.count == 1
        }
        if isFirst { wake() }
    }

    /// What is in line, in the order in which it came.
    package func takeLine() -> [Int] {
        line.withLock { line in
            var taken: [Int] = []
            swap(&taken, &line)
            return taken
        }
    }

    package var isWritable: Bool { writable.load(ordering: .relaxed) }
    /// As the last commit ended.
    package func setWritable(_ isWritable: Bool) { writable.store(isWritable, ordering: .relaxed) }
}
