import Domain
import Gateway
import Synchronization

/// Raises an alarm when 80 % of a quota are used, and when all of it is.
///
/// It looks at the quotas of those alone of whose requests rows were committed since it looked last: the data path
/// has nothing to do with it.
final class QuotaWatch: Sendable {
    private let quotas: QuotaBook
    private let alarms: any AlarmSink
    private let charged = Mutex<Set<LimitSubject>>([])

    init(_ quotas: QuotaBook, alarms: any AlarmSink) {
        self.quotas = quotas
        self.alarms = alarms
    }

    func note(_ rows: [LedgerRow]) {
        // Without an account nothing was charged to a quota.
        let rows = rows.filter { !$0.accounts.isEmpty }
        guard !rows.isEmpty else { return }
        charged.withLock { charged in
            for row in rows {
                charged.insert(.lineage(row.lineage, of: row.project))
                charged.insert(.project(row.project))
            }
        }
    }

    func look(at now: QuotaMoment) {
        let subjects = charged.withLock { charged in
            defer { charged = [] }
            return charged
        }
        for subject in subjects {
            for state in quotas.states(of: subject, at: now) {
                guard let mark = QuotaMark(reachedBy: state) else { continue }
                alarms.raise(.quotaReached(mark, state, of: subject, at: now.wall))
            }
        }
    }
}
