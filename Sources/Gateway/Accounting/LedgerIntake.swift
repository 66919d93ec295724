package import Domain
import Synchronization

/// The way of a settled exchange to the ledger: its place in the journal goes in line at the worker's
/// ``LedgerDesk``, and whoever writes the ledger takes the lines and commits them.
///
/// The journal's slots bound what is in flight and in line together. Where there is none left, or the last
/// commit failed, nothing may be dispatched: what is used could not be written down.
package final class LedgerIntake: Sendable {
    package let journal: Journal
    private let generation: Int64
    let wake: @Sendable () -> Void
    private let writable = Atomic<Bool>(true)
    private let sequence = Atomic<Int64>(0)
    private let lines = Mutex<[LedgerLine]>([])

    /// `generation`: the number of this start of the server. `wake` is called on any thread when something is
    /// in line behind nothing.
    package init(journal: Journal, generation: Int64, wake: @escaping @Sendable () -> Void) {
        self.journal = journal
        self.generation = generation
        self.wake = wake
    }

    /// For one worker.
    package func makeDesk() -> LedgerDesk {
        let line = LedgerLine()
        lines.withLock { $0.append(line) }
        return LedgerDesk(self, line)
    }

    /// Over all workers they rise with time: rows are told apart, and grow old, in this order.
    package func makeID() -> LedgerID {
        LedgerID(generation: generation, sequence: sequence.add(2, ordering: .relaxed).oldValue)
    }

    /// What is in line: of each worker in the order in which it came.
    package func takeLines() -> [Int] { lines.withLock { $0 }.flatMap { $0.take() } }

    package var isWritable: Bool { writable.load(ordering: .relaxed) }
    /// As the last commit ended.
    package func setWritable(_ isWritable: Bool) { writable.store(isWritable, ordering: .relaxed) }
}
