import Domain

/// The counter of one limit, in its place in a project's list: what is charged, what is held, and until when.
///
/// Reservations name it by its place and its ``bucket`` number; a new period or a reset starts a new bucket,
/// and whatever was reserved in an older one is not counted in it. The last three buckets are kept, in memory
/// as in the store: a clock that goes back finds the counter of the period that it goes back to.
struct QuotaAccount: Sendable {
    enum Kind { case quota, rate, concurrency }

    /// Why it lets nothing through.
    enum Shortfall {
        case spent, held, concurrency
        case rate(retryAfter: Int64)
    }

    let number: Int32
    let owner: LimitOwner
    let kind: Kind
    private(set) var limit: Limit
    private(set) var used: Int64
    private(set) var reserved: Int64 = 0
    private(set) var credit: Int64
    /// Since when it counts.
    private(set) var start: Timestamp
    /// The calendar's period that it counts in: from before ``start`` where that is a reset's, or a new
    /// limit's.
    private var opening: Timestamp
    /// Never for a lifetime.
    private(set) var end: Timestamp
    private(set) var bucket: UInt32
    /// The highest number of a bucket that there was.
    private(set) var newestBucket: UInt32
    /// Buckets that do not count at the moment.
    private var others: [QuotaCounter] = []
    private(set) var rate: RateBucket
    /// The next place of the same owner; none below zero.
    var next: Int32 = -1
    /// How many reservations name this place: it is not given away before they are settled.
    var holders: Int32 = 0
    var isRetired = false

    private static let never = Timestamp(milliseconds: .max)
    /// The period of a lifetime.
    static let ever = Period(start: Timestamp(milliseconds: .min), end: never)

    /// `period` holds the record's start. `firstBucket` is above all that the place had before.
    init(
        _ record: LimitRecord, owner: LimitOwner, within period: Period, firstBucket: UInt32,
        at now: QuotaMoment
    ) {
        number = record.account
        self.owner = owner
        limit = record.limit
        used = record.used
        credit = record.credit
        start = record.start
        opening = period.start
        end = period.end
        kind = limit.id.window.map { $0.isRate ? .rate : .quota } ?? .concurrency
        rate = RateBucket(
            amount: record.limit.amount, refillTime: record.limit.id.window?.refillTime ?? 1,
            filledAt: now.nanoseconds)
        newestBucket = firstBucket
        for counter in record.others.reversed() {
            others.append(
                QuotaCounter(
                    bucket: newestBucket, start: counter.start, used: counter.used, credit: counter.credit,
                    reserved: 0))
            newestBucket &+= 1
        }
        bucket = newestBucket
        // A reset is written down last, but what was admitted before it may be charged behind it.
        if let place = latest(in: period), others[place].start > start { swapWith(place) }
    }

    var allowance: Int64 { limit.amount.addingSaturated(credit) }

    /// Mutating only so that it is not copied to be asked.
    mutating func applies(to model: UnsafeRawBufferPointer?) -> Bool {
        guard let models = limit.id.models else { return true }
        return model.map { models.covers($0) } ?? false
    }

    // MARK: Time

    /// The moment lies in another period than the one that counts: a later one, or an earlier one where the
    /// clock went back.
    func isElsewhere(at now: Timestamp) -> Bool { kind == .quota && (now >= end || now < opening) }

    /// From now on it counts in that period: with the counter that is kept of it, else from nothing.
    mutating func enter(_ period: Period) {
        if let place = latest(in: period) {
            swapWith(place)
        } else {
            begin(at: period.start)
        }
        opening = period.start
        end = period.end
    }

    /// `start` lies in the period. What is in flight is charged to the bucket before.
    mutating func reset(at start: Timestamp, within period: Period, now: QuotaMoment) {
        begin(at: start)
        opening = period.start
        end = period.end
        rate = RateBucket(amount: rate.amount, refillTime: rate.refillTime, filledAt: now.nanoseconds)
    }

    private mutating func begin(at start: Timestamp) {
        // Of concurrency, as many are in flight as before.
        if kind == .quota {
            if others.count == LimitCounter.kept - 1 { others.remove(at: oldest) }
            others.append(counter)
            reserved = 0
        }
        used = 0
        credit = 0
        self.start = start
        newestBucket &+= 1
        bucket = newestBucket
    }

    private var counter: QuotaCounter {
        QuotaCounter(bucket: bucket, start: start, used: used, credit: credit, reserved: reserved)
    }

    private mutating func swapWith(_ place: Int) {
        let other = others[place]
        others[place] = counter
        bucket = other.bucket
        start = other.start
        used = other.used
        credit = other.credit
        reserved = other.reserved
    }

    /// The one of the others that counts from the last moment in the period.
    private func latest(in period: Period) -> Int? {
        guard !others.isEmpty else { return nil }
        var latest: Int?
        for place in others.indices where period.contains(others[place].start) {
            if let known = latest, others[known].start >= others[place].start { continue }
            latest = place
        }
        return latest
    }

    /// The one of the others that was begun first. There is one.
    private var oldest: Int {
        others.indices.reduce(0) { others[$1].bucket &- others[$0].bucket > UInt32.max / 2 ? $1 : $0 }
    }

    mutating func refill(at now: UInt64) {
        if kind == .rate { rate.refill(at: now) }
    }

    // MARK: Change

    mutating func change(amount: Int64) {
        limit = Limit(limit.id, amount: amount)
        rate.change(amount: amount)
    }

    /// False where no counter that is kept counts from `start`.
    mutating func topUp(by amount: Int64, from start: Timestamp) -> Bool {
        if self.start == start {
            credit = credit.addingSaturated(amount)
            return true
        }
        guard let place = others.firstIndex(where: { $0.start == start }) else { return false }
        others[place].credit = others[place].credit.addingSaturated(amount)
        return true
    }

    /// `period` is the new calendar's that holds the moment.
    mutating func change(to period: Period, at now: Timestamp) {
        guard !isElsewhere(at: now) else { return enter(period) }
        opening = min(opening, period.start)
        end = period.end
    }

    // MARK: Admission. The account has been brought up to the moment.

    /// nil where it lets the request through. Mutating for the same reason as ``applies(to:)``.
    mutating func shortfall(for demand: QuotaDemand) -> Shortfall? {
        switch kind {
        case .concurrency:
            return reserved < limit.amount ? nil : limit.amount == 0 ? .spent : .concurrency
        case .rate:
            let needed = advance(for: demand)
            if rate.admits(needed) { return nil }
            return rate.wait(for: needed).map { .rate(retryAfter: $0) } ?? .spent
        case .quota:
            let needed = demand.bound.amount(of: limit.id.metric)
            // What takes nothing is let through even after an exchange without a bound took too much.
            guard needed > 0 else { return nil }
            // A sum that is as large as can be may be larger: no limit lets it through.
            let limit = min(allowance, .max - 1)
            let wanted = used.addingSaturated(needed)
            if wanted.addingSaturated(reserved) <= limit { return nil }
            return wanted <= limit ? .held : .spent
        }
    }

    /// What a rate takes before it is known what the request comes to: of tokens and cost at most all that it
    /// holds, so that a full one lets any request through.
    private func advance(for demand: QuotaDemand) -> Int64 {
        let needed = demand.advance.amount(of: limit.id.metric)
        return limit.id.metric == .requests ? needed : min(needed, max(1, limit.amount))
    }

    /// What the reservation keeps of it; `place` is where the account stands.
    mutating func take(_ demand: QuotaDemand, at place: Int) -> ReservationEntry {
        holders += 1
        let place = Int32(place)
        switch kind {
        case .concurrency:
            reserved += 1
            return ReservationEntry(place: place, bucket: bucket, number: number, taken: 0)
        case .quota:
            reserved = reserved.addingSaturated(demand.bound.amount(of: limit.id.metric))
            return ReservationEntry(place: place, bucket: bucket, number: number, start: start)
        case .rate:
            let taken = advance(for: demand)
            rate.take(taken)
            return ReservationEntry(place: place, bucket: bucket, number: number, taken: taken)
        }
    }

    /// Gives back what was taken and charges what it came to, each to the bucket that it was taken from.
    mutating func settle(
        _ bound: Charge, as actual: Charge, of entry: ReservationEntry, at now: UInt64?
    ) {
        holders -= 1
        let metric = limit.id.metric
        switch kind {
        case .concurrency: reserved -= 1
        case .quota:
            if entry.bucket == bucket {
                reserved = reserved.subtractingSaturated(bound.amount(of: metric))
                used = used.addingSaturated(actual.amount(of: metric))
            } else if let place = others.firstIndex(where: { $0.bucket == entry.bucket }) {
                others[place].reserved = others[place].reserved.subtractingSaturated(bound.amount(of: metric))
                others[place].used = others[place].used.addingSaturated(actual.amount(of: metric))
            }
        case .rate:
            guard entry.bucket == bucket else { return }
            if let now { rate.refill(at: now) }
            rate.take(actual.amount(of: metric).subtractingSaturated(entry.taken))
        }
    }

    /// Charges what was never reserved: an exchange of a run before this one.
    mutating func charge(_ actual: Charge) { used = used.addingSaturated(actual.amount(of: limit.id.metric)) }

    /// Takes back what was charged to those of its counters that are among these. May come before the charge;
    /// then it is below zero until that comes.
    mutating func giveBack(_ charge: Charge, to counters: AccountPeriods) {
        guard kind == .quota else { return }
        let amount = charge.amount(of: limit.id.metric)
        if counters.contains(AccountPeriod(account: number, start: start)) {
            used = used.subtractingSaturated(amount)
        }
        for place in others.indices
        where counters.contains(AccountPeriod(account: number, start: others[place].start)) {
            others[place].used = others[place].used.subtractingSaturated(amount)
        }
    }

    // MARK: View

    func state(at now: Timestamp) -> LimitState {
        LimitState(
            owner: owner, limit: limit, allowance: allowance, used: usedOrOwed, reserved: reserved,
            resetsAt: resetsAt(from: now), countsFrom: kind == .quota ? start : nil)
    }

    /// As ``LimitState/remaining``.
    var remaining: Int64 { LimitState.remaining(of: allowance, used: usedOrOwed, reserved: reserved) }

    /// As ``LimitState/resetsAt``.
    func resetsAt(from now: Timestamp) -> Timestamp? {
        switch kind {
        case .concurrency: nil
        case .quota: end.milliseconds == Self.never.milliseconds ? nil : end
        case .rate: rate.untilFull.map { now.adding(milliseconds: $0) }
        }
    }

    private var usedOrOwed: Int64 { kind == .rate ? rate.used : used }

    func refusal(_ shortfall: Shortfall, of demand: QuotaDemand, at now: Timestamp) -> LimitRefusal {
        let state = state(at: now)
        let cause: LimitRefusal.Cause =
            switch shortfall {
            case .spent: .spent(resetsAt: kind == .quota ? state.resetsAt : nil)
            case .held: .heldByReservations
            case .concurrency: .concurrency
            case .rate(let milliseconds): .rate(retryAfter: max(1, milliseconds))
            }
        let needed = kind == .rate ? advance(for: demand) : demand.bound.amount(of: limit.id.metric)
        return LimitRefusal(cause, state: state, needed: needed)
    }
}
