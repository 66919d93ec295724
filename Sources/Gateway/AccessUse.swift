package import Domain
import Synchronization

/// When an access token was last admitted, and how many of its requests are under way: shared by every
/// snapshot that knows it.
package final class AccessUse: Sendable {
    private let last: Atomic<Int64>
    /// Its requests under way, and the bytes of their bodies that are held.
    private let inFlight = Atomic<Int>(0)
    private let held = Atomic<Int>(0)

    /// `since`: the last use that is written down, or else when it was made.
    init(since: Timestamp) { last = Atomic(since.milliseconds) }

    /// A clock that goes back takes nothing away.
    func touch(_ now: Timestamp) {
        if last.load(ordering: .relaxed) < now.milliseconds {
            last.store(now.milliseconds, ordering: .relaxed)
        }
    }

    /// False, and nothing is counted, where so many are under way already.
    func beginExchange(atMost limit: Int) -> Bool {
        if inFlight.add(1, ordering: .relaxed).newValue <= limit { return true }
        inFlight.subtract(1, ordering: .relaxed)
        return false
    }
    func endExchange() { inFlight.subtract(1, ordering: .relaxed) }

    /// False, and nothing is counted, where that would be more than `limit` in all.
    func holdBody(_ bytes: Int, atMost limit: Int) -> Bool {
        if held.add(bytes, ordering: .relaxed).newValue <= limit { return true }
        held.subtract(bytes, ordering: .relaxed)
        return false
    }
    func releaseBody(_ bytes: Int) { held.subtract(bytes, ordering: .relaxed) }

    package var lastUsedAt: Timestamp { Timestamp(milliseconds: last.load(ordering: .relaxed)) }
}
