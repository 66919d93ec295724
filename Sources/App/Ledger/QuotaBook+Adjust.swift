import Gateway
import Storage

/// From the ledger to the counters in memory.
extension QuotaBook {
    func take(_ adjustments: [LedgerAdjustment]) {
        for adjustment in adjustments {
            lineage(adjustment.lineage, of: adjustment.project).adjust(
                by: adjustment.charge, of: adjustment.accounts)
        }
    }
}
