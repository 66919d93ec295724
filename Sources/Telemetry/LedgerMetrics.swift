import Synchronization

/// What became of the rows of the ledger since the start: counted by whoever writes them, shown by
/// ``MetricsPage``.
package final class LedgerMetrics: Sendable {
    private let rows = Atomic<UInt64>(0)
    private let pending = Atomic<UInt64>(0)
    private let failures = Atomic<UInt64>(0)
    private let damaged = Atomic<UInt64>(0)
    private let slotsInUse: @Sendable () -> Int

    /// `slotsInUse`: of the journal, asked at each scrape.
    package init(slotsInUse: @escaping @Sendable () -> Int = { 0 }) { self.slotsInUse = slotsInUse }

    package func countRows(_ count: Int) { rows.add(UInt64(count), ordering: .relaxed) }

    package func countFailure() { failures.add(1, ordering: .relaxed) }

    /// Rows that could not be made, for the journal's memory was damaged.
    package func countDamaged(_ count: Int) { damaged.add(UInt64(count), ordering: .relaxed) }

    /// How many settled requests were last seen to wait for their commit.
    package func setPending(_ count: Int) { pending.store(UInt64(count), ordering: .relaxed) }

    package struct Counters: Hashable, Sendable {
        package let rows: UInt64
        package let pending: UInt64
        package let failures: UInt64
        package let damaged: UInt64
        package let slotsInUse: UInt64
    }

    package var snapshot: Counters {
        Counters(
            rows: rows.load(ordering: .relaxed), pending: pending.load(ordering: .relaxed),
            failures: failures.load(ordering: .relaxed), damaged: damaged.load(ordering: .relaxed),
            slotsInUse: UInt64(slotsInUse()))
    }
}
