import Domain

/// The counter of one limit, in its place in a project's list: what is charged, what is held, and until when.
///
/// Reservations name it by its place and its ``bucket`` number; a new period or a reset starts a new bucket,
/// and whatever was reserved in an older one is not counted in it.
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
    /// The period's; never for a lifetime.
    private(set) var end: Timestamp
    private(set) var bucket: UInt32
    private(set) var rate: RateBucket
    /// The next place of the same owner; none below zero.
    var next: Int32 = -1
    /// How many reservations name this place: it is not given away before they are settled.
    var holders: Int32 = 0
    var isRetired = false

    static let never = Timestamp(milliseconds: .max)

    /// `end`: of the period that holds the record's start. `bucket` is one that the place did not have before.
    init(_ record: LimitRecord, owner: LimitOwner, end: Timestamp, bucket: UInt32, at now: QuotaMoment) {
        number = record.account
        self.owner = owner
        limit = record.limit
        used = record.used
        credit = record.credit
        start = record.start
        self.end = end
        self.bucket = bucket
        kind = limit.id.window.map { $0.isRate ? .rate : .quota } ?? .concurrency
        rate = RateBucket(
            amount: record.limit.amount, refillTime: record.limit.id.window?.refillTime ?? 1,
            filledAt: now.nanoseconds)
    }

    var allowance: Int64 { limit.amount.addingSaturated(credit) }

    /// Mutating only so that it is not copied to be asked.
    mutating func applies(to model: UnsafeRawBufferPointer?) -> Bool {
        guard let models = limit.id.models else { return true }
        return model.map { models.matches($0) } ?? false
    }

    // MARK: Time

    /// A new period begins with this moment.
    func isOver(at now: Timestamp) -> Bool { kind == .quota && now >= end }

    mutating func begin(_ period: Period) {
        begin(at: period.start, end: period.end)
    }

    /// A reset. What is under way is charged to the bucket before.
    mutating func reset(at start: Timestamp, end: Timestamp, now: QuotaMoment) {
        begin(at: start, end: end)
        rate = RateBucket(amount: rate.amount, refillTime: rate.refillTime, filledAt: now.nanoseconds)
    }

    private mutating func begin(at start: Timestamp, end: Timestamp) {
        used = 0
        credit = 0
        // As many are under way as before.
        if kind == .quota { reserved = 0 }
        self.start = start
        self.end = end
        bucket &+= 1
    }

    mutating func refill(at now: UInt64) {
        if kind == .rate { rate.refill(at: now) }
    }

    // MARK: Change

    mutating func change(amount: Int64) {
        limit = Limit(limit.id, amount: amount)
        rate.change(amount: amount)
    }

    mutating func topUp(by amount: Int64) { credit = credit.addingSaturated(amount) }

    mutating func change(end: Timestamp) { self.end = end }

    // MARK: Admission. The account has been brought up to the moment.

    /// nil where it lets the charge through. Mutating for the same reason as ``applies(to:)``.
    mutating func shortfall(for bound: Charge) -> Shortfall? {
        let metric = limit.id.metric
        let needed = bound.amount(of: metric)
        switch kind {
        case .concurrency:
            return reserved < limit.amount ? nil : limit.amount == 0 ? .spent : .concurrency
        case .rate:
            let inAdvance = metric == .requests
            if rate.admits(needed, inAdvance: inAdvance) { return nil }
            return rate.wait(for: needed, inAdvance: inAdvance).map { .rate(retryAfter: $0) } ?? .spent
        case .quota:
            // What takes nothing is let through even after an exchange without a bound took too much.
            guard needed > 0 else { return nil }
            // A sum that is as large as can be may be larger: no limit lets it through.
            let limit = min(allowance, .max - 1)
            let wanted = used.addingSaturated(needed)
            if wanted.addingSaturated(reserved) <= limit { return nil }
            return wanted <= limit ? .held : .spent
        }
    }

    /// What the reservation keeps of it; `place` is where the account stands.
    mutating func take(_ bound: Charge, at place: Int) -> ReservationEntry {
        switch kind {
        case .concurrency: reserved += 1
        case .quota: reserved += bound.amount(of: limit.id.metric)
        case .rate: if limit.id.metric == .requests { rate.take(bound.requests) }
        }
        holders += 1
        return ReservationEntry(
            place: Int32(place), bucket: bucket, number: number, isDurable: kind == .quota, start: start)
    }

    /// Gives the bound back and charges what it came to, each to the bucket that it was taken from.
    mutating func settle(_ bound: Charge, as actual: Charge, of bucket: UInt32, at now: UInt64?) {
        holders -= 1
        let metric = limit.id.metric
        switch kind {
        case .concurrency: reserved -= 1
        case .quota:
            guard bucket == self.bucket else { return }
            reserved -= bound.amount(of: metric)
            used = used.addingSaturated(actual.amount(of: metric))
        case .rate:
            guard bucket == self.bucket else { return }
            if let now { rate.refill(at: now) }
            rate.take(metric == .requests ? actual.requests - bound.requests : actual.amount(of: metric))
        }
    }

    /// Charges what was never reserved: an exchange of a run before this one.
    mutating func charge(_ actual: Charge) { used = used.addingSaturated(actual.amount(of: limit.id.metric)) }

    /// Takes back what was charged since ``start``. May come before the charge; then it is below zero until
    /// that comes.
    mutating func giveBack(_ charge: Charge) {
        guard kind == .quota else { return }
        used = used.addingSaturated(-charge.amount(of: limit.id.metric))
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

    func refusal(_ shortfall: Shortfall, of bound: Charge, at now: Timestamp) -> LimitRefusal {
        let state = state(at: now)
        let cause: LimitRefusal.Cause =
            switch shortfall {
            case .spent: .spent(resetsAt: kind == .quota ? state.resetsAt : nil)
            case .held: .heldByReservations
            case .concurrency: .concurrency
            case .rate(let milliseconds): .rate(retryAfter: max(1, milliseconds))
            }
        return LimitRefusal(cause, state: state, needed: bound.amount(of: limit.id.metric))
    }
}
