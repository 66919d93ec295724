import Domain
import Gateway
import Logging
import Storage
import Telemetry

/// The start's way from the journal to the ledger.
extension Journal {
    /// Writes down what the process before this one left, and frees its places. What fails or is cut off can
    /// be done again: rows that are there already stay as they are.
    func recover(
        into store: Store, metrics: LedgerMetrics, logger: Logger,
        groupLimit: Int = LedgerCommitter.groupLimit
    ) async throws(StoreError) {
        let recovery = recover()
        if recovery.damaged > 0 {
            metrics.countDamaged(recovery.damaged)
            logger.error(
                "ledger rows are lost: their places in the journal are damaged",
                metadata: ["rows": "\(recovery.damaged)"])
        }
        let slots = recovery.slots.sorted { $0.row.id < $1.row.id }
        var next = slots[...]
        while !next.isEmpty {
            let group = next.prefix(groupLimit)
            metrics.countRows(try await store.appendLedger(group.map(\.row)).appended)
            for slot in group { clear(slot.index) }
            next = next.dropFirst(group.count)
        }
        guard !slots.isEmpty else { return }
        let unsettled = slots.count { $0.row.accuracy == .recovered }
        logger.notice(
            "requests of the run before this one were written to the ledger",
            metadata: ["settled": "\(slots.count - unsettled)", "recovered": "\(unsettled)"])
    }
}
