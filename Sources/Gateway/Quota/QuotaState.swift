import Domain

/// What a project's lock protects: the counters of the project and of all its access tokens, in one list, so
/// that a request takes from all of its limits or from none.
///
/// The counters of one owner are chained by their places, which never move; a place whose limit is gone is
/// given away again when no reservation names it any more.
struct QuotaState: Sendable {
    typealias Accounts = UnsafeMutableBufferPointer<QuotaAccount>

    /// The project's own place among the owners.
    static let project = 0

    /// The calendar has to be asked before anything can be said; nothing was taken.
    struct NeedsPeriods: Error {}

    enum Attempt: Sendable {
        /// nil: no limit is about this request.
        case reserved(Reservation?)
        /// Boxed: it is large, and rare.
        indirect case refused(LimitRefusal)
        case needsPeriods
    }

    private(set) var rule: PeriodRule
    private var periods: QuotaPeriods?
    private var accounts: [QuotaAccount] = []
    private var vacant: [Int32] = []
    /// Each owner's first place; none below zero.
    private var heads: [Int32] = [-1]

    init(_ rule: @escaping PeriodRule) { self.rule = rule }

    mutating func take(_ new: QuotaPeriods) { periods = new }

    // MARK: Requests

    /// The places of an owner, and then those of the project.
    private struct Chain {
        var place: Int32
        var rest: Int32

        mutating func next(in accounts: Accounts) -> Int? {
            if place < 0 { (place, rest) = (rest, -1) }
            guard place >= 0 else { return nil }
            let index = Int(place)
            place = accounts[index].next
            return index
        }
    }

    private func chain(_ owner: Int) -> Chain {
        Chain(place: heads[owner], rest: owner == Self.project ? -1 : heads[Self.project])
    }

    /// Takes the demand from every limit of the owner and the project that is about the model, or from none.
    mutating func reserve(
        _ demand: QuotaDemand, model: UnsafeRawBufferPointer?, by owner: Int, at now: QuotaMoment,
        for project: ProjectQuotas
    ) -> Attempt {
        if let last = demand.settling {
            guard let periods, periods.hold(now.wall) else { return .needsPeriods }
            settle(last.reservation, as: last.charge, at: now.nanoseconds)
        }
        let chain = chain(owner)
        let periods = periods
        var isRefused = false
        var entries = ReservationEntries()
        do throws(NeedsPeriods) {
            try accounts.withUnsafeMutableBufferPointer { accounts throws(NeedsPeriods) in
                var (walk, count) = (chain, 0)
                while let place = walk.next(in: accounts) {
                    guard accounts[place].applies(to: model) else { continue }
                    try Self.advance(&accounts[place], to: now, periods)
                    if accounts[place].shortfall(for: demand) != nil {
                        isRefused = true
                        return
                    }
                    count += 1
                }
                guard count > 0 else { return }
                walk = chain
                while let place = walk.next(in: accounts) {
                    guard accounts[place].applies(to: model) else { continue }
                    entries.append(accounts[place].take(demand, at: place))
                }
            }
            guard isRefused else {
                return .reserved(
                    entries.isEmpty ? nil : Reservation(demand.bound, entries, at: now.wall, of: project))
            }
            let refusals = try refusals(of: demand, model: model, by: owner, at: now)
            guard let first = refusals.first else { preconditionFailure("refused without a limit") }
            return .refused(first)
        } catch {
            return .needsPeriods
        }
    }

    /// The limits that would refuse the demand, by the same rules, the one first that does longest; nothing
    /// is taken.
    mutating func refusals(
        of demand: QuotaDemand, model: UnsafeRawBufferPointer?, by owner: Int, at now: QuotaMoment
    ) throws(NeedsPeriods) -> [LimitRefusal] {
        var refusals: [LimitRefusal] = []
        try forEach(of: chain(owner), at: now) { account in
            guard account.applies(to: model), let shortfall = account.shortfall(for: demand) else { return }
            let refusal = account.refusal(shortfall, of: demand, at: now.wall)
            let isLongest = refusals.first?.ends(before: refusal) ?? false
            refusals.insert(refusal, at: isLongest ? 0 : refusals.count)
        }
        return refusals
    }

    /// See ``LineageQuotas/room(model:at:)``.
    mutating func room(
        model: UnsafeRawBufferPointer?, by owner: Int, at now: QuotaMoment
    ) throws(NeedsPeriods) -> QuotaRoom {
        var room = QuotaRoom()
        try forEach(of: chain(owner), at: now) { account in
            guard account.kind == .quota, account.applies(to: model) else { return }
            room.narrow(to: account.remaining, of: account.limit.id.metric)
        }
        return room
    }

    /// `now` nil: rates get back what they are owed, and nothing refills.
    mutating func settle(_ reservation: Reservation, as actual: Charge, at now: UInt64?) {
        reservation.entries.forEach { entry in
            accounts[Int(entry.place)].settle(reservation.bound, as: actual, of: entry, at: now)
            vacateIfUnused(entry.place)
        }
    }

    /// Charges the quotas that count at `admittedAt`; see ``LineageQuotas/charge(_:model:admittedAt:)``.
    mutating func charge(
        _ actual: Charge, model: UnsafeRawBufferPointer?, by owner: Int, at now: QuotaMoment
    ) throws(NeedsPeriods) {
        try forEach(of: chain(owner), at: now) { account in
            guard account.kind == .quota, account.applies(to: model), account.start <= now.wall else {
                return
            }
            account.charge(actual)
        }
    }

    /// Takes back from those of the counters that are kept; see
    /// ``LineageQuotas/giveBack(_:to:)``.
    mutating func giveBack(_ charge: Charge, to counters: AccountPeriods, by owner: Int) {
        let chain = chain(owner)
        accounts.withUnsafeMutableBufferPointer { accounts in
            var walk = chain
            while let place = walk.next(in: accounts) { accounts[place].giveBack(charge, to: counters) }
        }
    }

    // MARK: View

    /// The owner's limits, without the project's.
    mutating func states(of owner: Int, at now: QuotaMoment) throws(NeedsPeriods) -> [LimitState] {
        var states: [LimitState] = []
        try forEach(of: Chain(place: heads[owner], rest: -1), at: now) {
            states.append($0.state(at: now.wall))
        }
        return states
    }

    mutating func headroom(
        model: UnsafeRawBufferPointer?, of owner: Int, at now: QuotaMoment
    ) throws(NeedsPeriods) -> Headroom {
        // A policy tells how long its window is.
        guard let periods, periods.hold(now.wall) else { throw NeedsPeriods() }
        var headroom = Headroom()
        try forEach(of: chain(owner), at: now) { account in
            if account.applies(to: model) { headroom.take(account, at: now.wall, periods) }
        }
        return headroom
    }

    mutating func limitsCost(of model: UnsafeRawBufferPointer?, by owner: Int) -> Bool {
        var walk = chain(owner)
        return accounts.withUnsafeMutableBufferPointer { accounts in
            while let place = walk.next(in: accounts) {
                if accounts[place].limit.id.metric == .cost, accounts[place].applies(to: model) {
                    return true
                }
            }
            return false
        }
    }

    private mutating func forEach(
        of chain: Chain, at now: QuotaMoment, _ body: (inout QuotaAccount) -> Void
    ) throws(NeedsPeriods) {
        let periods = periods
        try accounts.withUnsafeMutableBufferPointer { accounts throws(NeedsPeriods) in
            var walk = chain
            while let place = walk.next(in: accounts) {
                try Self.advance(&accounts[place], to: now, periods)
                body(&accounts[place])
            }
        }
    }

    /// Brings an account up to the moment.
    private static func advance(
        _ account: inout QuotaAccount, to now: QuotaMoment, _ periods: QuotaPeriods?
    ) throws(NeedsPeriods) {
        if account.isElsewhere(at: now.wall), let window = account.limit.id.window {
            guard let periods, periods.hold(now.wall), let period = periods[window] else {
                throw NeedsPeriods()
            }
            account.enter(period)
        }
        account.refill(at: now.nanoseconds)
    }

    // MARK: Owners and their limits

    /// The new owner's number.
    mutating func addOwner() -> Int {
        heads.append(-1)
        return heads.count - 1
    }

    /// Takes what the owner's limits are now; `periods` holds, for each, the one that its counter began in.
    /// One that was there keeps its counter and its place.
    mutating func set(_ records: [LimitRecord], _ periods: [Period], of owner: Int, at now: QuotaMoment) {
        var old: [Int32: Int32] = [:]
        var place = heads[owner]
        while place >= 0 {
            old[accounts[Int(place)].number] = place
            place = accounts[Int(place)].next
        }
        var places: [Int32] = []
        for (record, period) in zip(records, periods) {
            if let place = old[record.account], accounts[Int(place)].limit.id == record.limit.id {
                old[record.account] = nil
                accounts[Int(place)].refill(at: now.nanoseconds)
                accounts[Int(place)].change(amount: record.limit.amount)
                places.append(place)
            } else {
                places.append(put(record, of: owner, at: now, within: period))
            }
        }
        for place in old.values {
            accounts[Int(place)].isRetired = true
            vacateIfUnused(place)
        }
        heads[owner] = -1
        for place in places.reversed() {
            accounts[Int(place)].next = heads[owner]
            heads[owner] = place
        }
    }

    private mutating func put(
        _ record: LimitRecord, of owner: Int, at now: QuotaMoment, within period: Period
    ) -> Int32 {
        let kind: LimitOwner = owner == Self.project ? .project : .accessToken
        guard let place = vacant.popLast() else {
            accounts.append(QuotaAccount(record, owner: kind, within: period, firstBucket: 0, at: now))
            return Int32(accounts.count - 1)
        }
        let bucket = accounts[Int(place)].newestBucket &+ 1
        accounts[Int(place)] = QuotaAccount(
            record, owner: kind, within: period, firstBucket: bucket, at: now)
        return place
    }

    private mutating func vacateIfUnused(_ place: Int32) {
        guard accounts[Int(place)].isRetired, accounts[Int(place)].holders == 0 else { return }
        vacant.append(place)
    }

    /// The owner's limit of that identity, to be changed in place; false where there is none.
    mutating func change(_ id: LimitID, of owner: Int, _ body: (inout QuotaAccount) -> Void) -> Bool {
        var place = heads[owner]
        while place >= 0 {
            if accounts[Int(place)].limit.id == id {
                body(&accounts[Int(place)])
                return true
            }
            place = accounts[Int(place)].next
        }
        return false
    }

    /// The calendar changes: what counts at the moment goes on, until the end that the new calendar gives.
    mutating func change(_ rule: @escaping PeriodRule, _ new: QuotaPeriods, at now: Timestamp) {
        self.rule = rule
        periods = new
        for place in accounts.indices {
            guard let window = accounts[place].limit.id.window, let period = new[window] else { continue }
            accounts[place].change(to: period, at: now)
        }
    }
}
