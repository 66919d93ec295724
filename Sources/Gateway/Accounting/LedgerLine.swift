import Synchronization

/// Settled slots of one worker on their way to the ledger: the worker puts them in, and whoever writes the
/// ledger takes them out. Each worker has its own, so that no two of them wait for one lock.
final class LedgerLine: Sendable {
    private let slots = Mutex<[Int]>([])

    /// True where the line was empty.
    func put(_ slot: Int) -> Bool {
        slots.withLock { slots in
            slots.append(slot)
            return slots.count == 1
        }
    }

    /// What is in line, in the order in which it came.
    func take() -> [Int] {
        slots.withLock { slots in
            var taken: [Int] = []
            swap(&taken, &slots)
            return taken
        }
    }
}
