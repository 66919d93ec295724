package import Domain
import Synchronization

/// The limits of one project and of all its access tokens, under one lock: a request that is subject to both
/// is decided in one critical section, and there is no order of locks to keep.
package final class ProjectQuotas: Sendable {
    let scope = Atomic<LimitScope>([])
    private let state: Mutex<QuotaState>
    private let lineages = Mutex<[AccessTokenID: LineageQuotas]>([:])

    init(_ rule: @escaping PeriodRule) { state = Mutex(QuotaState(rule)) }

    /// The quotas of a line of rotations, named by its first access token. The same object every time.
    package func lineage(_ id: AccessTokenID) -> LineageQuotas {
        lineages.withLock { lineages in
            if let known = lineages[id] { return known }
            let new = LineageQuotas(self, owner: state.withLock { $0.addOwner() })
            lineages[id] = new
            return new
        }
    }

    /// nil for one that nobody asked for yet.
    func knownLineage(_ id: AccessTokenID) -> LineageQuotas? { lineages.withLock { $0[id] } }

    var rule: PeriodRule { state.withLock { $0.rule } }

    /// The project's own limits as they stand, in the order they were set.
    package func states(at now: QuotaMoment) -> [LimitState] { states(of: QuotaState.project, at: now) }

    // MARK: Requests

    func reserve(
        _ demand: QuotaDemand, model: UnsafeRawBufferPointer?, by owner: Int, at now: QuotaMoment
    ) throws(LimitRefusal) -> Reservation? {
        var attempt = state.withLock { $0.reserve(demand, model: model, by: owner, at: now, for: self) }
        if case .needsPeriods = attempt {
            let periods = periods(at: now.wall)
            attempt = state.withLock { state in
                state.take(periods)
                return state.reserve(demand, model: model, by: owner, at: now, for: self)
            }
        }
        switch attempt {
        case .reserved(let reservation): return reservation
        case .refused(let refusal): throw refusal
        case .needsPeriods: preconditionFailure("the calendar has no period for a moment it was asked for")
        }
    }

    func settle(_ reservation: Reservation, as actual: Charge, at now: UInt64?) {
        state.withLock { $0.settle(reservation, as: actual, at: now) }
    }

    func charge(_ actual: Charge, model: String?, by owner: Int, at now: QuotaMoment) {
        withModel(model) { model in
            withState(at: now) { state throws(QuotaState.NeedsPeriods) in
                try state.charge(actual, model: model, by: owner, at: now)
            }
        }
    }

    func giveBack(_ charge: Charge, to counters: AccountPeriods, by owner: Int) {
        state.withLock { $0.giveBack(charge, to: counters, by: owner) }
    }

    func explain(_ demand: QuotaDemand, model: String?, by owner: Int, at now: QuotaMoment) -> [LimitRefusal]
    {
        withModel(model) { model in
            withState(at: now) { state throws(QuotaState.NeedsPeriods) in
                try state.refusals(of: demand, model: model, by: owner, at: now)
            }
        }
    }

    func room(model: String?, by owner: Int, at now: QuotaMoment) -> QuotaRoom {
        withModel(model) { model in
            withState(at: now) { state throws(QuotaState.NeedsPeriods) in
                try state.room(model: model, by: owner, at: now)
            }
        }
    }

    func states(of owner: Int, at now: QuotaMoment) -> [LimitState] {
        withState(at: now) { state throws(QuotaState.NeedsPeriods) in try state.states(of: owner, at: now) }
    }

    func headroom(model: String?, of owner: Int, at now: QuotaMoment) -> Headroom {
        withModel(model) { model in
            withState(at: now) { state throws(QuotaState.NeedsPeriods) in
                try state.headroom(model: model, of: owner, at: now)
            }
        }
    }

    func limitsCost(of model: String?, by owner: Int) -> Bool {
        withModel(model) { model in state.withLock { $0.limitsCost(of: model, by: owner) } }
    }

    // MARK: Changes

    func setLimits(_ records: [LimitRecord], of owner: Int, at now: QuotaMoment) {
        let rule = state.withLock { $0.rule }
        let periods = records.map { Self.period(of: $0.limit.id, at: $0.start, rule) }
        state.withLock { $0.set(records, periods, of: owner, at: now) }
    }

    /// False where the owner has no such limit, or no counter of it counts from that moment.
    func topUp(_ id: LimitID, of owner: Int, by amount: Int64, from start: Timestamp) -> Bool {
        state.withLock { state in
            var isCurrent = false
            _ = state.change(id, of: owner) { isCurrent = $0.topUp(by: amount, from: start) }
            return isCurrent
        }
    }

    /// Since when the limit counts, in the period of `now`.
    func start(of id: LimitID, of owner: Int, at now: QuotaMoment) -> Timestamp? {
        // Brings it up to the moment.
        _ = states(of: owner, at: now)
        return start(of: id, of: owner)
    }

    private func start(of id: LimitID, of owner: Int) -> Timestamp? {
        state.withLock { state in
            var start: Timestamp?
            _ = state.change(id, of: owner) { start = $0.start }
            return start
        }
    }

    func reset(_ id: LimitID, of owner: Int, start: Timestamp, at now: QuotaMoment) -> Bool {
        let period = Self.period(of: id, at: start, state.withLock { $0.rule })
        return state.withLock { state in
            state.change(id, of: owner) { $0.reset(at: start, within: period, now: now) }
        }
    }

    func setPeriods(_ rule: @escaping PeriodRule, at now: QuotaMoment) {
        let periods = QuotaPeriods(at: now.wall, rule)
        state.withLock { $0.change(rule, periods, at: now.wall) }
    }

    // MARK: The calendar is asked outside the lock

    private static func period(of id: LimitID, at start: Timestamp, _ rule: PeriodRule) -> Period {
        guard let window = id.window, LimitWindow.calendar.contains(window) else { return QuotaAccount.ever }
        return rule(window, start)
    }

    private func periods(at moment: Timestamp) -> QuotaPeriods {
        QuotaPeriods(at: moment, state.withLock { $0.rule })
    }

    private func withState<Result: Sendable>(
        at now: QuotaMoment, _ body: (inout QuotaState) throws(QuotaState.NeedsPeriods) -> Result
    ) -> Result {
        do {
            return try state.withLock { state in try body(&state) }
        } catch {
            let periods = periods(at: now.wall)
            return state.withLock { state in
                state.take(periods)
                do throws(QuotaState.NeedsPeriods) {
                    return try body(&state)
                } catch {
                    preconditionFailure("the calendar has no period for a moment it was asked for")
                }
            }
        }
    }

    private func withModel<Result>(_ model: String?, _ body: (UnsafeRawBufferPointer?) -> Result) -> Result {
        guard var model else { return body(nil) }
        return model.withUTF8 { body(UnsafeRawBufferPointer($0)) }
    }
}
