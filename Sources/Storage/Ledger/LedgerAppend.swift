package import Domain

/// What became of the rows of one append.
package struct LedgerAppend: Hashable, Sendable {
    /// How many rows there were.
    package internal(set) var read = 0
    /// How many of them were written; the others were there already, and counted nothing.
    package internal(set) var appended = 0
    /// Those that were written without their usage and charge, for another row has charged for their object; here they
    /// are as they were handed in. What was taken from limits for their tokens and cost may be given back.
    package internal(set) var uncharged: [LedgerRow] = []
    /// The lineages whose rows name durable counters, their own or their projects', also where the rows were there
    /// already.
    package internal(set) var charged: Set<LimitSubject> = []
}
