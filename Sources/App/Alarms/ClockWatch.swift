import Domain
import Synchronization

/// Notices that the calendar's clock was set: it is held against a clock that counts on while the system
/// sleeps and is never set.
///
/// Quotas count by the calendar, so a clock that is wrong counts in the wrong period.
final class ClockWatch: Sendable {
    /// In milliseconds; smaller steps are a time service's.
    static let tolerance: Int64 = 60_000

    private let sinceStart: @Sendable () -> Int64
    /// The calendar's time when the other clock was at zero, by what it said last.
    private let origin = Mutex<Int64?>(nil)

    /// `sinceStart`: milliseconds since any moment, by a clock that is never set.
    init(sinceStart: @escaping @Sendable () -> Int64) { self.sinceStart = sinceStart }

    /// By the system's own (CLOCK_BOOTTIME).
    convenience init() {
        let start = ContinuousClock.now
        self.init {
            let (seconds, attoseconds) = (ContinuousClock.now - start).components
            return seconds * 1000 + attoseconds / 1_000_000_000_000_000
        }
    }

    /// By how many seconds the clock was set since the last look, or since the last such jump; nil where
    /// that is within ``tolerance``. The first look has nothing to compare.
    func look(at now: Timestamp) -> Int64? {
        let seen = now.milliseconds - sinceStart()
        return origin.withLock { origin in
            guard let known = origin else {
                origin = seen
                return nil
            }
            guard abs(seen - known) > Self.tolerance else { return nil }
            origin = seen
            return (seen - known) / 1000
        }
    }
}
