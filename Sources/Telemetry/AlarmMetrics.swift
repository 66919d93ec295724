package import Domain
import Synchronization

/// What became of alarms since the start: counted by whoever raises and delivers them, shown by
/// ``MetricsPage``.
package final class AlarmMetrics: Sendable {
    package struct Counters: Hashable, Sendable {
        package var raised: [AlarmKind: UInt64] = [:]
        package var delivered: UInt64 = 0
        /// Deliveries that the receiver did not take.
        package var failures: UInt64 = 0
        /// Alarms that will not be delivered any more.
        package var lost: UInt64 = 0
        package var waiting: UInt64 = 0
    }

    private let counters = Mutex(Counters())

    package init() {}

    package func countRaised(_ kind: AlarmKind) { counters.withLock { $0.raised[kind, default: 0] += 1 } }
    package func countDelivery() { counters.withLock { $0.delivered += 1 } }
    package func countFailure() { counters.withLock { $0.failures += 1 } }
    package func countLost(_ count: Int = 1) { counters.withLock { $0.lost += UInt64(count) } }
    package func setWaiting(_ count: Int) { counters.withLock { $0.waiting = UInt64(count) } }

    package var snapshot: Counters { counters.withLock { $0 } }
}
