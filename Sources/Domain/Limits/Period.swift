/// A stretch of time `[start, end)`.
package struct Period: Hashable, Sendable {
    package let start: Timestamp
    package let end: Timestamp

    package init(start: Timestamp, end: Timestamp) {
        precondition(start < end, "a period ends behind its start")
        self.start = start
        self.end = end
    }

    package func contains(_ moment: Timestamp) -> Bool { start <= moment && moment < end }
}

/// The period of a calendar window (``LimitWindow/calendar``) that holds a moment. The periods of a window
/// follow on each other without a gap.
package typealias PeriodRule = @Sendable (LimitWindow, Timestamp) -> Period
