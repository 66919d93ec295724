import Domain
import Gateway
import Testing

/// Limits that change while requests are under way, periods that end, and counters that come from the store.
struct QuotaChangeTests {
    @Test func `a new period begins at zero, and what was admitted before is not charged to it`() throws {
        let fixture = try QuotaFixture(["requests=2/hour", "requests=100/lifetime"])
        fixture.settle(try fixture.reserve())
        let held = try fixture.reserve()
        #expect(
            fixture.refusal()?.state.resetsAt == QuotaFixture.start.adding(milliseconds: QuotaFixture.hour))

        fixture.pass(milliseconds: QuotaFixture.hour)
        let state = try fixture.state("requests/hour")
        #expect(state.used == 0 && state.reserved == 0)
        let next = try fixture.reserve()
        fixture.settle(held)

        #expect(try fixture.state("requests/hour").used == 0)
        #expect(try fixture.state("requests/hour").reserved == 1)
        #expect(try fixture.state("requests/lifetime").used == 2)
        fixture.settle(next)
        next?.forEachAccount { account, start in
            #expect(account != 2 || start == QuotaFixture.start.adding(milliseconds: QuotaFixture.hour))
        }
    }

    @Test func `a clock that goes back gives no budget twice`() throws {
        let fixture = try QuotaFixture(["requests=1/hour"])
        for _ in 0..<3 {
            fixture.settle(try fixture.reserve())
            fixture.pass(milliseconds: QuotaFixture.hour)
        }

        for _ in 0..<3 {
            fixture.pass(milliseconds: -QuotaFixture.hour)
            #expect(fixture.refusal()?.isQuota == true)
        }
        fixture.pass(milliseconds: 3 * QuotaFixture.hour)
        #expect(fixture.refusal() == nil, "the hour that nobody used")
    }

    @Test func `a clock that was ahead once refuses nothing when it is right again`() throws {
        let fixture = try QuotaFixture(["tokens=100/day", "requests=2/month"])
        fixture.settle(try fixture.reserve(tokens: 60), tokens: 60)
        let year = 365 * 24 * QuotaFixture.hour
        fixture.pass(milliseconds: year)
        let ahead = try fixture.reserve(tokens: 100)
        fixture.settle(try fixture.reserve(tokens: 0))

        fixture.pass(milliseconds: -year)

        let day = try fixture.state("tokens/day")
        #expect(day.used == 60 && day.reserved == 0)
        #expect(try fixture.state("requests/month").used == 1)
        #expect(fixture.refusal(tokens: 40) == nil && fixture.refusal(tokens: 41)?.isQuota == true)
        // What was in flight is charged where it was admitted.
        fixture.settle(ahead, tokens: 90)
        #expect(try fixture.state("tokens/day").used == 60)
        fixture.pass(milliseconds: year)
        #expect(try fixture.state("tokens/day").used == 90)
        #expect(try fixture.state("requests/month").used == 2)
    }

    @Test func `a reset and a top-up are for the period of the clock, whatever counts in a later one`() throws
    {
        let fixture = try QuotaFixture(["tokens=100/day"])
        let id = try LimitID(parsing: "tokens/day")
        fixture.settle(try fixture.reserve(tokens: 100), tokens: 100)
        let year = 365 * 24 * QuotaFixture.hour
        fixture.pass(milliseconds: year)
        fixture.settle(try fixture.reserve(tokens: 70), tokens: 70)
        fixture.pass(milliseconds: -year)
        let here = try #require(fixture.book.start(of: id, of: fixture.accessToken, at: fixture.now))
        #expect(here == QuotaFixture.start)
        #expect(fixture.book.topUp(id, of: fixture.accessToken, by: 5, from: here))
        #expect(try fixture.state("tokens/day").allowance == 105)

        let start = try #require(fixture.book.resetStart(of: id, of: fixture.accessToken, at: fixture.now))
        #expect(fixture.book.reset(id, of: fixture.accessToken, start: start, at: fixture.now))

        #expect(start == QuotaFixture.start.adding(milliseconds: 1))
        #expect(try fixture.state("tokens/day").used == 0)
        #expect(try fixture.state("tokens/day").allowance == 100)
        fixture.pass(milliseconds: year)
        #expect(try fixture.state("tokens/day").used == 70)
    }

    @Test func `counters of other periods come from the store too`() throws {
        let fixture = try QuotaFixture()
        let day = 24 * QuotaFixture.hour
        let ahead = LimitRecord(
            account: 7, limit: try Limit(parsing: "tokens=100/day"),
            start: QuotaFixture.utc(.day, fixture.now.wall.adding(milliseconds: 200 * day)).start, used: 100,
            others: [
                LimitCounter(start: fixture.now.wall, used: 30, credit: 2),
                LimitCounter(start: fixture.now.wall.adding(milliseconds: -day), used: 44, credit: 0),
            ])
        fixture.book.setLimits([ahead], of: fixture.accessToken, at: fixture.now)

        #expect(try fixture.state("tokens/day").used == 30)
        #expect(try fixture.state("tokens/day").allowance == 102)
        fixture.pass(milliseconds: -day)
        #expect(try fixture.state("tokens/day").used == 44)
        fixture.pass(milliseconds: 201 * day)
        #expect(fixture.refusal(tokens: 1)?.isQuota == true)
    }

    @Test func `a request admitted while the clock is back is dated into its period`() throws {
        let fixture = try QuotaFixture(["requests=5/day"])
        fixture.pass(milliseconds: -1000)

        #expect(try fixture.reserve()?.admittedAt == QuotaFixture.start)
    }

    @Test func `what is given back is taken from exactly the counters that were charged`() throws {
        let fixture = try QuotaFixture(
            ["tokens=1000/hour", "tokens=1000/lifetime", "requests=9/lifetime", "tokens=1000/minute"],
            project: ["cost=1.00/lifetime", "tokens=9/lifetime:other-*"])
        var counters = AccountPeriods()
        for _ in 0..<2 {
            let reservation = try #require(try fixture.reserve(tokens: 120, cost: 50))
            counters = []
            reservation.forEachAccount { account, start in
                let hasRoom = counters.append(AccountPeriod(account: account, start: start))
                #expect(hasRoom)
            }
            fixture.settle(reservation, tokens: 120, cost: 50)
        }
        #expect(counters.count == 4)
        let back = QuotaFixture.charge(requests: 0, tokens: 120, cost: 50)

        fixture.lineage.giveBack(back, to: counters)

        #expect(try fixture.state("tokens/hour").used == 120)
        #expect(try fixture.state("tokens/lifetime").used == 120)
        #expect(try fixture.state("requests/lifetime").used == 2)
        #expect(try fixture.state("tokens/minute").used == 240)
        #expect(try fixture.state("cost/lifetime", of: fixture.project).used == 50)
        #expect(try fixture.state("tokens/lifetime:other-*", of: fixture.project).used == 0)

        // The hour is over, and the lifetime's counter was reset: they forgot it by themselves.
        fixture.pass(milliseconds: QuotaFixture.hour)
        let id = try LimitID(parsing: "tokens/lifetime")
        #expect(
            fixture.book.reset(id, of: fixture.accessToken, start: fixture.now.wall, at: fixture.now))
        fixture.settle(try fixture.reserve(tokens: 7), tokens: 7)
        fixture.lineage.giveBack(back, to: counters)
        #expect(try fixture.state("tokens/hour").used == 7)
        #expect(try fixture.state("tokens/lifetime").used == 7)
        #expect(try fixture.state("cost/lifetime", of: fixture.project).used == 0)
    }

    @Test func `an amount that changes keeps the counter`() throws {
        let fixture = try QuotaFixture(["tokens=100/day", "tokens=100/minute"])
        fixture.settle(try fixture.reserve(tokens: 40), tokens: 40)
        let held = try fixture.reserve(tokens: 30)

        fixture.book.setLimits(
            try [(2, "tokens=50/day"), (3, "tokens=200/minute")].map {
                try LimitRecord(account: $0, limit: Limit(parsing: $1), start: fixture.now.wall)
            }, of: fixture.accessToken, at: fixture.now)

        let day = try fixture.state("tokens/day")
        #expect(day.used == 40 && day.reserved == 30 && day.remaining == 0 && day.allowance == 50)
        #expect(try fixture.state("tokens/minute").used == 70)
        #expect(fixture.refusal(tokens: 5)?.cause == .heldByReservations)
        fixture.settle(held, tokens: 5)
        #expect(try fixture.state("tokens/day").remaining == 5)
    }

    @Test func `what is under way of a limit that is gone is settled there and nowhere else`() throws {
        let fixture = try QuotaFixture(["requests=5/day", "tokens=100/day"])
        let held = try fixture.reserve(tokens: 50)
        try fixture.set([], of: fixture.accessToken)
        #expect(!fixture.lineage.hasLimits)
        try fixture.set(["cost=1.00/day", "tokens=70/day"], of: fixture.accessToken)
        let second = try fixture.reserve(tokens: 60, cost: 10)

        fixture.settle(held, tokens: 50, cost: 7)
        #expect(try fixture.state("tokens/day").used == 0)
        #expect(try fixture.state("tokens/day").reserved == 60)
        fixture.settle(second, tokens: 60, cost: 10)
        #expect(try fixture.state("cost/day").used == 10)

        // The places that are free now are given away again, without what they counted.
        try fixture.set(["requests=2/week", "requests=2/month", "concurrency=1"], of: fixture.accessToken)
        #expect(fixture.book.states(of: fixture.accessToken, at: fixture.now).allSatisfy { $0.remaining > 0 })
    }

    @Test func `a limit that is removed and set again counts anew`() throws {
        let fixture = try QuotaFixture(["requests=1/day"])
        fixture.settle(try fixture.reserve())
        try fixture.set(["requests=1/day"], of: fixture.accessToken)

        #expect(fixture.refusal() == nil)
    }

    @Test func `a top-up is for the period it is made in`() throws {
        let fixture = try QuotaFixture(["requests=1/hour"])
        let id = try LimitID(parsing: "requests/hour")
        fixture.settle(try fixture.reserve())

        let start = try #require(fixture.book.start(of: id, of: fixture.accessToken, at: fixture.now))
        #expect(fixture.book.topUp(id, of: fixture.accessToken, by: 2, from: start))
        #expect(try fixture.state("requests/hour").allowance == 3)
        for _ in 0..<2 { fixture.settle(try fixture.reserve()) }
        #expect(fixture.refusal()?.isQuota == true)
        fixture.pass(milliseconds: QuotaFixture.hour)
        #expect(try fixture.state("requests/hour").allowance == 1)
        #expect(fixture.book.topUp(id, of: fixture.accessToken, by: 1, from: start), "of the hour before")
        #expect(try fixture.state("requests/hour").allowance == 1)
        #expect(!fixture.book.topUp(id, of: fixture.accessToken, by: 1, from: start.adding(milliseconds: 1)))
        #expect(fixture.book.start(of: id, of: fixture.project, at: fixture.now) == nil)
        #expect(!fixture.book.topUp(id, of: fixture.project, by: 1, from: start))
    }

    @Test func `a reset begins at zero, whatever is under way`() throws {
        let fixture = try QuotaFixture(["requests=2/day"])
        let id = try LimitID(parsing: "requests/day")
        fixture.settle(try fixture.reserve())
        let held = try fixture.reserve()
        let start = try #require(fixture.book.resetStart(of: id, of: fixture.accessToken, at: fixture.now))
        #expect(start == QuotaFixture.start.adding(milliseconds: 1), "no bucket begins twice")

        #expect(fixture.book.reset(id, of: fixture.accessToken, start: start, at: fixture.now))

        fixture.settle(held)
        let state = try fixture.state("requests/day")
        #expect(state.used == 0 && state.reserved == 0 && state.remaining == 2)
        #expect(try fixture.reserve()?.admittedAt == start)
        #expect(fixture.book.resetStart(of: id, of: fixture.project, at: fixture.now) == nil)
    }

    @Test func `a rate and a concurrency limit can be reset too`() throws {
        let fixture = try QuotaFixture(["requests=1/minute", "concurrency=2"])
        let held = try fixture.reserve()
        for id in try ["requests/minute", "concurrency"].map({ try LimitID(parsing: $0) }) {
            let start = try #require(
                fixture.book.resetStart(of: id, of: fixture.accessToken, at: fixture.now))
            #expect(fixture.book.reset(id, of: fixture.accessToken, start: start, at: fixture.now))
        }

        #expect(try fixture.state("concurrency").reserved == 1)
        held?.refund()
        #expect(try fixture.state("requests/minute").remaining == 1)
        #expect(try fixture.state("concurrency").reserved == 0)
    }

    @Test func `the store's counters are what a start begins with`() throws {
        let fixture = try QuotaFixture()
        let hour = QuotaFixture.hour
        let records = try [
            LimitRecord(
                account: 7, limit: Limit(parsing: "requests=10/day"), start: fixture.now.wall, used: 9),
            LimitRecord(
                account: 8, limit: Limit(parsing: "requests=10/week"),
                start: fixture.now.wall.adding(milliseconds: -30 * 24 * hour), used: 10),
            LimitRecord(
                account: 9, limit: Limit(parsing: "requests=3/lifetime"),
                start: fixture.now.wall.adding(milliseconds: -30 * 24 * hour), used: 4, credit: 2),
        ]

        fixture.book.setLimits(records, of: fixture.accessToken, at: fixture.now)

        #expect(fixture.book.states(of: fixture.accessToken, at: fixture.now).map(\.used) == [9, 0, 4])
        fixture.settle(try fixture.reserve())
        #expect(fixture.refusal()?.isQuota == true)
    }

    @Test func `what a crash left is charged where it counted`() throws {
        let fixture = try QuotaFixture(["requests=10/hour", "requests=10/lifetime", "requests=10/minute"])
        let admitted = { QuotaFixture.start.adding(milliseconds: $0) }
        let charge = QuotaFixture.charge(tokens: 5)

        // Before the limits were set, in their first hour, in the second.
        for offset in [-1, 0, 1000, QuotaFixture.hour] {
            fixture.lineage.charge(charge, model: "m", admittedAt: admitted(offset))
        }

        fixture.pass(milliseconds: QuotaFixture.hour)
        #expect(fixture.book.states(of: fixture.accessToken, at: fixture.now).map(\.used) == [1, 3, 0])
    }

    @Test func `another time zone keeps the counter and moves the end`() throws {
        let fixture = try QuotaFixture(["requests=1/day"])
        fixture.settle(try fixture.reserve())
        let shifted: PeriodRule = { window, moment in
            let period = QuotaFixture.utc(window, moment.adding(milliseconds: 19_800_000))
            return Period(
                start: period.start.adding(milliseconds: -19_800_000),
                end: period.end.adding(milliseconds: -19_800_000))
        }

        fixture.book.setPeriods(shifted, of: fixture.projectID, at: fixture.now)

        let end = shifted(.day, fixture.now.wall).end
        #expect(fixture.refusal()?.cause == .spent(resetsAt: end))
        fixture.pass(milliseconds: end.milliseconds - fixture.now.wall.milliseconds)
        #expect(fixture.refusal() == nil)
    }
}
