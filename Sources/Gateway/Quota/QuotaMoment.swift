package import Domain

/// A moment on both clocks: the calendar's for quotas, and one that never goes back for rates.
package struct QuotaMoment: Hashable, Sendable {
    package let wall: Timestamp
    /// Of the monotonic clock that times requests too, from any start.
    package let nanoseconds: UInt64

    package init(wall: Timestamp, nanoseconds: UInt64) {
        self.wall = wall
        self.nanoseconds = nanoseconds
    }
}
