package import Domain

/// What became of the rows of one append.
package struct LedgerAppend: Hashable, Sendable {
    /// How many rows there were.
    package internal(set) var read = 0
    /// How many of them were written; the others were there already, and counted nothing.
    package internal(set) var appended = 0
    /// How many rows were written beside them, to correct the row of an object whose end became known.
    package internal(set) var corrected = 0
    /// How many of them began an object that nobody follows, for ``PendingObject/limit`` are followed
    /// already: they stay at their reservation.
    package internal(set) var unfollowed = 0
    /// What the counters in memory do not have of it.
    package internal(set) var adjustments: [LedgerAdjustment] = []
    /// The lineages whose rows name durable counters, their own or their projects', also where the rows were
    /// there already.
    package internal(set) var charged: Set<LimitSubject> = []
}
