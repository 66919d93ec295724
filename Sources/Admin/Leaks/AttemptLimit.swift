import Domain
import Synchronization

/// How often one address may try something that anyone may: so many times in a minute.
///
/// IPv6 addresses count by their first 64 bits, for a household has all of the others. It knows so many
/// addresses at most; while more try in the same minute, those that came late share one count.
final class AttemptLimit: Sendable {
    private struct Count {
        var start: Timestamp
        var attempts: Int
    }

    private enum Key: Hashable {
        case address(UInt128)
        case others
    }

    static let window: Int64 = 60_000
    private static let capacity = 4096

    private let maximum: Int
    private let counts = Mutex<[Key: Count]>([:])

    init(perMinute maximum: Int) { self.maximum = maximum }

    /// Counts an attempt. nil: go ahead; else in how many seconds to come again.
    func refusal(of address: IPAddress?, at now: Timestamp) -> Int? {
        counts.withLock { counts in
            var key = address.map { Key.address($0.isVersion4 ? $0.bits : ($0.bits >> 64) << 64) } ?? .others
            if counts[key] == nil, counts.count >= Self.capacity {
                counts = counts.filter { Self.lasts($0.value, at: now) }
                if counts.count >= Self.capacity { key = .others }
            }
            var count = counts[key] ?? Count(start: now, attempts: 0)
            if !Self.lasts(count, at: now) { count = Count(start: now, attempts: 0) }
            guard count.attempts < maximum else {
                return Int((count.start.milliseconds + Self.window - now.milliseconds + 999) / 1000)
            }
            count.attempts += 1
            counts[key] = count
            return nil
        }
    }

    /// A clock that went back ends it too.
    private static func lasts(_ count: Count, at now: Timestamp) -> Bool {
        count.start <= now && now < count.start.adding(milliseconds: window)
    }
}
