import Domain
import Gateway
import Synchronization

/// Raises an alarm when 80 % of a quota are used, and when all of it is.
///
/// It looks at the quotas of those alone to whom something was charged since it looked last: the data path
/// has nothing to do with it.
final class QuotaWatch: Sendable {
    private let quotas: QuotaBook
    private let alarms: any AlarmSink
    private let charged = Mutex<Set<LimitSubject>>([])

    init(_ quotas: QuotaBook, alarms: any AlarmSink) {
        self.quotas = quotas
        self.alarms = alarms
    }

    /// A charge to a lineage is one to its project.
    func note(_ lineages: Set<LimitSubject>) {
        charged.withLock { charged in
            charged.formUnion(lineages)
            for lineage in lineages { charged.insert(.project(lineage.project)) }
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
