package import Domain
import Synchronization

/// What one exchange holds of its limits between admission and its end. Given back exactly once, by
/// ``settle(_:at:)`` or ``refund()``; what is called later does nothing, and one that is dropped is refunded.
package final class Reservation: Sendable {
    /// The upper bound that was taken.
    package let bound: Charge
    /// The moment of admission as the counters see it: never before the period that it was charged to, even
    /// where the clock went back.
    package let admittedAt: Timestamp
    let entries: ReservationEntries
    private let project: ProjectQuotas
    private let isSettled = Atomic<Bool>(false)

    init(_ bound: Charge, _ entries: ReservationEntries, at now: Timestamp, of project: ProjectQuotas) {
        self.bound = bound
        self.entries = entries
        self.project = project
        var admittedAt = now
        entries.forEach { if $0.isDurable { admittedAt = max(admittedAt, $0.start) } }
        self.admittedAt = admittedAt
    }

    deinit { refund() }

    /// The durable counters that the exchange is charged to, by their numbers and the start of the bucket:
    /// for the journal and the ledger.
    package func forEachAccount(_ body: (_ account: Int32, _ start: Timestamp) -> Void) {
        entries.forEach { if $0.isDurable { body($0.number, $0.start) } }
    }

    /// Charges what it came to, in the period of admission only, and gives back what was held. `actual` is
    /// more than the bound only where no bound was known; quotas may be overdrawn by that. `nanoseconds`: of
    /// the clock that the reservation was made by.
    package func settle(_ actual: Charge, at nanoseconds: UInt64) { end(actual, nanoseconds) }

    /// Gives everything back: nothing was dispatched.
    package func refund() { end(.none, nil) }

    private func end(_ actual: Charge, _ nanoseconds: UInt64?) {
        guard beginSettling() else { return }
        project.settle(self, as: actual, at: nanoseconds)
    }

    /// True once: whoever is told so settles it.
    func beginSettling() -> Bool { !isSettled.exchange(true, ordering: .relaxed) }
}
