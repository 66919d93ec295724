package import Domain
import Synchronization

/// When an access token was last admitted: shared by every snapshot that knows it.
package final class AccessUse: Sendable {
    private let last: Atomic<Int64>

    /// `since`: the last use that is written down, or else when it was made.
    init(since: Timestamp) { last = Atomic(since.milliseconds) }

    /// A clock that goes back takes nothing away.
    func touch(_ now: Timestamp) {
        if last.load(ordering: .relaxed) < now.milliseconds {
            last.store(now.milliseconds, ordering: .relaxed)
        }
    }

    package var lastUsedAt: Timestamp { Timestamp(milliseconds: last.load(ordering: .relaxed)) }
}
