package import Domain

/// What became of the rows of one append.
package struct LedgerAppend: Hashable, Sendable {
    /// How many rows there were.
    package internal(set) var read = 0
    /// How many of them were written; the others were there already, and counted nothing.
    package internal(set) var appended = 0
    /// Those that were written without usage and charge, for another row has charged for their object: what
    /// was taken from limits for their tokens and cost may be given back.
    package internal(set) var uncharged: [LedgerRow] = []
    /// The lineages to whose durable counters something was charged, or to those of their projects.
    package internal(set) var charged: Set<LimitSubject> = []
}
