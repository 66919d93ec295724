import Domain
import Gateway

/// The book as one would write it without a thought for speed: every exchange is remembered, and every
/// counter is summed up from them.
struct QuotaModel {
    struct Exchange {
        let bound: Charge
        /// What each rate was debited in advance.
        var advances: [Int: Int64] = [:]
        /// nil while it is under way.
        var actual: Charge?
        /// The limits it falls under, each with the bucket it was admitted in.
        var buckets: [Int: Int]
    }

    struct Counter {
        var limit: Limit
        let isProject: Bool
        var bucket = 0
        var period: Range<Int64>
        /// Where a clock that goes back may find what it counted: buckets of other periods.
        var others: [(bucket: Int, period: Range<Int64>)] = []
        var newest = 0
        var isGone = false
        /// Of a rate, in units of 1 per refill time.
        var level: Int128
    }

    var exchanges: [Exchange] = []
    var counters: [Counter] = []
    var now = QuotaFixture.start.milliseconds

    mutating func add(_ limit: Limit, isProject: Bool) {
        counters.append(
            Counter(
                limit: limit, isProject: isProject, period: period(limit.id, now),
                level: Int128(limit.amount) * Int128(limit.id.window?.refillTime ?? 0)))
    }

    private func period(_ id: LimitID, _ at: Int64) -> Range<Int64> {
        guard id.isQuota, let window = id.window, window != .lifetime else { return .min..<(.max) }
        let period = QuotaFixture.utc(window, Timestamp(milliseconds: at))
        return period.start.milliseconds..<period.end.milliseconds
    }

    private mutating func enterPeriod(_ index: Int) {
        var counter = counters[index]
        let period = period(counter.limit.id, now)
        guard period != counter.period else { return }
        let known = counter.others.firstIndex { $0.period == period }
        let next = known.map { counter.others.remove(at: $0).bucket }
        if next == nil, counter.others.count == 2 {
            let oldest = counter.others.map(\.bucket).min()
            counter.others.removeAll { $0.bucket == oldest }
        }
        counter.others.append((counter.bucket, counter.period))
        if next == nil { counter.newest += 1 }
        counter.bucket = next ?? counter.newest
        counter.period = period
        counters[index] = counter
    }

    mutating func pass(milliseconds: Int64) {
        now += milliseconds
        for index in counters.indices {
            let limit = counters[index].limit
            enterPeriod(index)
            guard let refill = limit.id.window?.refillTime else { continue }
            counters[index].level = min(
                Int128(limit.amount) * Int128(refill),
                counters[index].level + Int128(limit.amount) * Int128(max(0, milliseconds)) * 1_000_000)
        }
    }

    func used(_ counter: Int) -> Int64 {
        sum(counter) { $0.actual }
    }

    func reserved(_ counter: Int) -> Int64 {
        guard counters[counter].limit.id.metric != .concurrency else {
            return Int64(exchanges.count { $0.actual == nil && $0.buckets[counter] != nil })
        }
        return sum(counter) { $0.actual == nil ? $0.bound : nil }
    }

    private func sum(_ counter: Int, _ charge: (Exchange) -> Charge?) -> Int64 {
        exchanges.reduce(0) { sum, exchange in
            guard exchange.buckets[counter] == counters[counter].bucket else { return sum }
            return sum + (charge(exchange)?.amount(of: counters[counter].limit.id.metric) ?? 0)
        }
    }

    /// Whether the bound is let through; it is then exchange number `exchanges.count - 1`, unless no limit is
    /// about it.
    mutating func reserve(_ bound: Charge, model: String) -> (isAdmitted: Bool, isLimited: Bool) {
        let applying = counters.indices.filter {
            !counters[$0].isGone && counters[$0].limit.id.models?.matches(model) ?? true
        }
        for index in applying {
            let id = counters[index].limit.id
            let needed = bound.amount(of: id.metric)
            let refill = Int128(id.window?.refillTime ?? 0)
            let fits =
                switch (id.metric, id.isQuota) {
                case (.concurrency, _): reserved(index) < counters[index].limit.amount
                case (.requests, false): counters[index].level >= Int128(needed) * refill
                case (_, false):
                    needed == 0 || counters[index].level >= Int128(advance(index, bound)) * refill
                case (_, true):
                    needed == 0 || used(index) + reserved(index) + needed <= counters[index].limit.amount
                }
            guard fits else { return (false, true) }
        }
        guard !applying.isEmpty else { return (true, false) }
        var exchange = Exchange(
            bound: bound, actual: nil,
            buckets: Dictionary(uniqueKeysWithValues: applying.map { ($0, counters[$0].bucket) }))
        for index in applying where counters[index].limit.id.window?.isRate == true {
            exchange.advances[index] = advance(index, bound)
            debit(index, advance(index, bound))
        }
        exchanges.append(exchange)
        return (true, true)
    }

    private func advance(_ index: Int, _ bound: Charge) -> Int64 {
        let limit = counters[index].limit
        let needed = bound.amount(of: limit.id.metric)
        return limit.id.metric == .requests ? needed : min(needed, max(1, limit.amount))
    }

    mutating func settle(_ exchange: Int, _ actual: Charge) {
        exchanges[exchange].actual = actual
        for index in exchanges[exchange].buckets.keys where !counters[index].limit.id.isQuota {
            let metric = counters[index].limit.id.metric
            let early = exchanges[exchange].advances[index] ?? 0
            if metric != .concurrency { debit(index, actual.amount(of: metric) - early) }
        }
    }

    private mutating func debit(_ index: Int, _ amount: Int64) {
        guard let refill = counters[index].limit.id.window?.refillTime else { return }
        let capacity = Int128(counters[index].limit.amount) * Int128(refill)
        counters[index].level = min(capacity, counters[index].level - Int128(amount) * Int128(refill))
    }

    /// Exchanges that no counter remembers any more, to keep the sums short.
    mutating func forget() {
        for index in exchanges.indices where exchanges[index].actual != nil {
            exchanges[index].buckets = exchanges[index].buckets.filter {
                let counter = counters[$0.key]
                let bucket = $0.value
                return !counter.isGone
                    && (counter.bucket == bucket || counter.others.contains { $0.bucket == bucket })
            }
        }
    }
}
