/// A token bucket: holds the amount at most, refills all the time, and may go into debt.
///
/// Exact without a division: the level is kept in units of one over the refill time, so that a nanosecond
/// adds the amount and one request takes the refill time.
struct RateBucket: Hashable, Sendable {
    /// How long it takes to fill, in nanoseconds.
    let refillTime: Int64
    private(set) var amount: Int64
    private var level: Int128
    private var filledAt: UInt64

    /// A full one. `filledAt` is the moment of the monotonic clock.
    init(amount: Int64, refillTime: Int64, filledAt: UInt64) {
        self.refillTime = refillTime
        self.amount = amount
        self.filledAt = filledAt
        level = Int128(amount) * Int128(refillTime)
    }

    /// A century: a moment that far ahead can still be written down.
    private static let longestWait: Int128 = 3_155_760_000_000

    private var capacity: Int128 { Int128(amount) * Int128(refillTime) }

    mutating func refill(at now: UInt64) {
        guard now > filledAt else { return }
        // Debt may be many times the capacity, so the whole time counts. Below 2^63 × 2^63 in any case.
        let passed = Int128(min(now - filledAt, UInt64(Int64.max)))
        filledAt = now
        level = min(capacity, level + Int128(amount) * passed)
    }

    /// What is needed is there. What needs nothing passes, whatever the debt.
    func admits(_ needed: Int64) -> Bool { level >= scaled(needed) }

    /// Negative gives back. The debt is kept within what time can pay back without an overflow.
    mutating func take(_ count: Int64) {
        level = max(-(Int128(1) << 120), min(capacity, level - Int128(count) * Int128(refillTime)))
    }

    /// What is used stays used.
    mutating func change(amount new: Int64) {
        level += (Int128(new) - Int128(amount)) * Int128(refillTime)
        amount = new
    }

    /// Milliseconds until ``admits(_:)``, rounded up, a century at most; nil never comes.
    func wait(for needed: Int64) -> Int64? {
        guard amount > 0, needed <= amount else { return nil }
        return milliseconds(until: scaled(needed))
    }

    /// Milliseconds until it is full; nil never comes.
    var untilFull: Int64? { amount > 0 ? milliseconds(until: capacity) : nil }

    /// What has not refilled yet, rounded up: the whole rest can be had.
    var used: Int64 {
        let missing = capacity - level
        let (count, rest) = missing.quotientAndRemainder(dividingBy: Int128(refillTime))
        return Int64(clamping: count + (rest > 0 ? 1 : 0))
    }

    private func scaled(_ needed: Int64) -> Int128 {
        needed > 0 ? Int128(needed) * Int128(refillTime) : .min
    }

    private func milliseconds(until target: Int128) -> Int64 {
        guard target > level else { return 0 }
        let perMillisecond = Int128(amount) * 1_000_000
        return Int64(min((target - level + perMillisecond - 1) / perMillisecond, Self.longestWait))
    }
}
