import Synchronization

/// What became of the rows of the ledger since the start: counted by whoever writes them, shown by
/// ``MetricsPage``.
package final class LedgerMetrics: Sendable {
    private let rows = Atomic<UInt64>(0)
    private let pending = Atomic<UInt64>(0)
    private let failures = Atomic<UInt64>(0)
    private let damaged = Atomic<UInt64>(0)
    private let pendingObjects = Atomic<UInt64>(0)
    private let corrections = Atomic<UInt64>(0)
    private let abandoned = Atomic<UInt64>(0)
    private let slotsInUse: @Sendable () -> Int

    /// `slotsInUse`: of the journal, asked at each scrape.
    package init(slotsInUse: @escaping @Sendable () -> Int = { 0 }) { self.slotsInUse = slotsInUse }

    package func countRows(_ count: Int) { rows.add(UInt64(count), ordering: .relaxed) }

    package func countFailure() { failures.add(1, ordering: .relaxed) }

    /// Rows that could not be made, for the journal's memory was damaged.
    package func countDamaged(_ count: Int) { damaged.add(UInt64(count), ordering: .relaxed) }

    /// How many settled requests were last seen to wait for their commit.
    package func setPending(_ count: Int) { pending.store(UInt64(count), ordering: .relaxed) }

    /// How many background responses, batches and runs were last seen to be charged at their reservation
    /// until their end is known.
    package func setPendingObjects(_ count: Int) { pendingObjects.store(UInt64(count), ordering: .relaxed) }

    /// Rows of such objects that were corrected to what these used.
    package func countCorrections(_ count: Int) { corrections.add(UInt64(count), ordering: .relaxed) }

    /// Objects that stay at their reservation, because their end cannot be learnt or too many are followed.
    package func countAbandoned(_ count: Int) { abandoned.add(UInt64(count), ordering: .relaxed) }

    package struct Counters: Hashable, Sendable {
        package let rows: UInt64
        package let pending: UInt64
        package let failures: UInt64
        package let damaged: UInt64
        package let pendingObjects: UInt64
        package let corrections: UInt64
        package let abandoned: UInt64
        package let slotsInUse: UInt64
    }

    package var snapshot: Counters {
        Counters(
            rows: rows.load(ordering: .relaxed), pending: pending.load(ordering: .relaxed),
            failures: failures.load(ordering: .relaxed), damaged: damaged.load(ordering: .relaxed),
            pendingObjects: pendingObjects.load(ordering: .relaxed),
            corrections: corrections.load(ordering: .relaxed),
            abandoned: abandoned.load(ordering: .relaxed),
            slotsInUse: UInt64(slotsInUse()))
    }
}
