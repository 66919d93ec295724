/// What one counter of a quota has counted: a limit has one for each period, and a new one from a reset on.
package struct LimitCounter: Hashable, Sendable {
    /// How many are kept of one limit: the last ones that were begun.
    package static let kept = 3

    /// From when on it counts.
    package let start: Timestamp
    package let used: Int64
    /// Added to the amount by top-ups.
    package let credit: Int64

    package init(start: Timestamp, used: Int64, credit: Int64) {
        self.start = start
        self.used = used
        self.credit = credit
    }
}
