package import Domain

/// What a journal held of a process that ended without settling.
package struct JournalRecovery: Sendable {
    package struct Slot: Sendable {
        package let index: Int
        package let row: LedgerRow
    }

    /// In no order of time.
    package internal(set) var slots: [Slot] = []
    /// Slots that the loss of power tore: their exchanges are lost.
    package internal(set) var damaged = 0
}
