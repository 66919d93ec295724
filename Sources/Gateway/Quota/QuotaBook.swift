package import Domain
import Synchronization

/// Every counter of every limit, in memory: while the process runs, what it says is what is left.
///
/// The data path keeps the ``LineageQuotas`` that it asked for once; the control plane comes through here
/// with what it has committed. Quotas live on in the store, by the ledger's rows; rates and concurrency begin
/// anew with the process.
package final class QuotaBook: Sendable {
    package typealias Owner = LimitSubject

    private let projects = Mutex<[ProjectID: ProjectQuotas]>([:])
    private let defaultPeriods: PeriodRule

    /// `defaultPeriods`: the calendar of a project that ``setPeriods(_:of:at:)`` gave no other.
    package init(defaultPeriods: @escaping PeriodRule) { self.defaultPeriods = defaultPeriods }

    /// The same object every time.
    package func project(_ id: ProjectID) -> ProjectQuotas {
        projects.withLock { projects in
            if let known = projects[id] { return known }
            let new = ProjectQuotas(defaultPeriods)
            projects[id] = new
            return new
        }
    }

    package func lineage(_ id: AccessTokenID, of project: ProjectID) -> LineageQuotas {
        self.project(project).lineage(id)
    }

    /// The project's time zone. Counters go on, and end when the new zone's period does.
    package func setPeriods(_ rule: @escaping PeriodRule, of project: ProjectID, at now: QuotaMoment) {
        self.project(project).setPeriods(rule, at: now)
    }

    /// All limits that the owner has from now on, also at the start. An account number that was there with
    /// the same identity keeps its counter, whatever the record says of it; what is under way of a limit that
    /// is gone is settled there and counts nowhere else.
    package func setLimits(_ records: [LimitRecord], of owner: Owner, at now: QuotaMoment) {
        let (project, number, lineage) = resolve(owner)
        project.setLimits(records, of: number, at: now)
        let scope = LimitScope(records)
        if let lineage {
            lineage.scope.store(scope, ordering: .relaxed)
        } else {
            project.scope.store(scope, ordering: .relaxed)
        }
    }

    /// Since when the quota's counter counts: for the store, before ``topUp(_:of:by:from:)``. Nil where the
    /// owner has no such limit.
    package func start(of id: LimitID, of owner: Owner, at now: QuotaMoment) -> Timestamp? {
        let (project, number, _) = resolve(owner)
        return project.start(of: id, of: number, at: now)
    }

    /// Adds to what the quota allows by the counter that counts from `start`. False where the owner has no
    /// such limit, or no such counter is kept.
    package func topUp(_ id: LimitID, of owner: Owner, by amount: Int64, from start: Timestamp) -> Bool {
        precondition(id.isQuota, "only a quota can be topped up")
        let (project, number, _) = resolve(owner)
        return project.topUp(id, of: number, by: amount, from: start)
    }

    /// Where a reset would begin to count, in the period of `now`: for the store, before
    /// ``reset(_:of:start:at:)``. Nil where the owner has no such limit. Never the start of a bucket of that
    /// period that was.
    package func resetStart(of id: LimitID, of owner: Owner, at now: QuotaMoment) -> Timestamp? {
        let (project, number, _) = resolve(owner)
        return project.start(of: id, of: number, at: now).map { max(now.wall, $0.adding(milliseconds: 1)) }
    }

    /// The counter of the period of `start` is 0, what was added by top-ups is gone, and it counts from
    /// `start`; what is in flight is charged to the bucket before. False where the owner has no such limit.
    package func reset(_ id: LimitID, of owner: Owner, start: Timestamp, at now: QuotaMoment) -> Bool {
        let (project, number, _) = resolve(owner)
        return project.reset(id, of: number, start: start, at: now)
    }

    /// The owner's limits as they stand, in the order they were set. Empty for an owner that was never set
    /// any: one whose access tokens are all dead may have some that nobody loaded.
    package func states(of owner: Owner, at now: QuotaMoment) -> [LimitState] {
        guard let project = projects.withLock({ $0[owner.project] }) else { return [] }
        switch owner {
        case .project: return project.states(at: now)
        case .lineage(let id, of: _): return project.knownLineage(id)?.states(at: now) ?? []
        }
    }

    /// How the limits of an owner that the book does not have would stand. It does not have them afterwards
    /// either.
    package func states(
        of owner: Owner, as records: [LimitRecord], at now: QuotaMoment
    ) -> [LimitState] {
        let book = QuotaBook(defaultPeriods: projects.withLock { $0[owner.project] }?.rule ?? defaultPeriods)
        book.setLimits(records, of: owner, at: now)
        return book.states(of: owner, at: now)
    }

    private func resolve(_ owner: Owner) -> (ProjectQuotas, Int, LineageQuotas?) {
        let project = project(owner.project)
        switch owner {
        case .project: return (project, QuotaState.project, nil)
        case .lineage(let id, of: _):
            let lineage = project.lineage(id)
            return (project, lineage.owner, lineage)
        }
    }
}
