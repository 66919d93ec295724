/// The name of one ledger row, made by the server before the exchange is dispatched, and never given twice.
///
///     0 | generation, 24 bits | sequence, 39 bits
///
/// The generation is the number of the server's start, kept in the store; the sequence counts from 0 within
/// it, by twos: the odd number after a row's own is that of the row which it corrects another with. So ids
/// rise with time, fit a signed 64-bit integer, and a row that is written a second time after a crash is
/// known by its id.
package struct LedgerID: Hashable, Comparable, Sendable {
    package static let largestGeneration: Int64 = 1 << 24 - 1
    package static let largestSequence: Int64 = 1 << 39 - 1

    package let rawValue: Int64

    package init(rawValue: Int64) { self.rawValue = rawValue }

    /// Neither negative nor larger than the largest.
    package init(generation: Int64, sequence: Int64) {
        rawValue = (generation & Self.largestGeneration) << 39 | (sequence & Self.largestSequence)
    }

    /// The number of the start that gave it.
    package var generation: Int64 { rawValue >> 39 & Self.largestGeneration }

    /// Of the row that corrects another because of what this one reports.
    package var correction: LedgerID { LedgerID(rawValue: rawValue | 1) }

    package static func < (left: LedgerID, right: LedgerID) -> Bool { left.rawValue < right.rawValue }
}
