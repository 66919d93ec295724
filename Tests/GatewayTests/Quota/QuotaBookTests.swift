import Domain
import Gateway
import Testing

/// What is let through, what is held, and what is charged.
struct QuotaBookTests {
    @Test func `without limits everything is let through and nothing is kept`() throws {
        let fixture = try QuotaFixture()

        #expect(!fixture.lineage.hasLimits)
        #expect(try fixture.reserve(tokens: .max, cost: .max) == nil)
    }

    @Test func `a quota counts what is settled and what is held`() throws {
        let fixture = try QuotaFixture(["tokens=100/day"])
        let first = try fixture.reserve(tokens: 60)
        #expect(try fixture.state("tokens/day").reserved == 60)

        let refusal = try #require(fixture.refusal(tokens: 50))
        #expect(refusal.cause == .heldByReservations && !refusal.isQuota && refusal.retryAfter == 1000)
        fixture.settle(first, tokens: 20)

        #expect(try fixture.state("tokens/day").used == 20)
        #expect(try fixture.state("tokens/day").remaining == 80)
        #expect(fixture.refusal(tokens: 80) == nil)
        let spent = try #require(fixture.refusal(tokens: 81))
        #expect(spent.isQuota && spent.retryAfter == nil && spent.needed == 81)
        #expect(spent.description.contains("tokens=100/day"))
    }

    @Test func `a refusal by one limit takes nothing from the others`() throws {
        let fixture = try QuotaFixture(
            ["requests=10/day", "concurrency=5", "requests=10/minute"], project: ["cost=1.00/month"])
        let before = try ["requests/day", "concurrency", "requests/minute"].map { try fixture.state($0) }

        let refusal = try #require(fixture.refusal(cost: 1_000_000_001))

        #expect(refusal.owner == .project && refusal.limit.description == "cost=1.00/month")
        #expect(
            try ["requests/day", "concurrency", "requests/minute"].map { try fixture.state($0) } == before)
        #expect(fixture.refusal(cost: 1_000_000_000) == nil)
    }

    @Test func `0 is zero in every metric and never worth a retry`() throws {
        for limit in [
            "requests=0/second", "requests=0/day", "tokens=0/minute", "tokens=0/lifetime", "cost=0/month",
            "concurrency=0",
        ] {
            let fixture = try QuotaFixture([limit])
            #expect(fixture.refusal(tokens: 1, cost: 1)?.isQuota == true, "\(limit)")
        }
    }

    @Test func `what takes nothing is let through a spent budget`() throws {
        let fixture = try QuotaFixture(["tokens=10/day", "tokens=10/minute"])
        fixture.settle(try fixture.reserve(tokens: 5), tokens: 25)

        #expect(fixture.refusal() == nil)
        #expect(fixture.refusal(tokens: 1)?.isQuota == true)
    }

    @Test func `what had no bound may overdraw, and then nothing more goes through`() throws {
        let fixture = try QuotaFixture(["cost=1.00/lifetime"])
        fixture.settle(try fixture.reserve(cost: 1), cost: 3_000_000_000)
        let state = try fixture.state("cost/lifetime")

        #expect(state.used == 3_000_000_000 && state.remaining == 0 && state.reserved == 0)
        let refusal = try #require(fixture.refusal(cost: 1))
        #expect(refusal.cause == .spent(resetsAt: nil))
    }

    @Test func `a bound too large for the type is refused, not wrapped`() throws {
        let fixture = try QuotaFixture(["tokens=9223372036854775807/day"])
        fixture.settle(try fixture.reserve(tokens: 1), tokens: .max - 5)

        #expect(fixture.refusal(tokens: .max)?.isQuota == true)
        #expect(fixture.refusal(tokens: 6)?.isQuota == true)
        #expect(fixture.refusal(tokens: 4) == nil)
    }

    @Test func `a refund gives back requests, tokens, places and the rate`() throws {
        let fixture = try QuotaFixture(
            ["requests=1/day", "tokens=10/hour", "concurrency=1", "requests=1/minute"])
        let reservation = try fixture.reserve(tokens: 10)
        #expect(fixture.refusal(tokens: 10) != nil)

        reservation?.refund()
        reservation?.refund()

        #expect(fixture.book.states(of: fixture.accessToken, at: fixture.now).allSatisfy { $0.reserved == 0 })
        #expect(fixture.refusal(tokens: 10) == nil)
        let again = try fixture.reserve(tokens: 10)
        fixture.settle(again, tokens: 10)
        fixture.settle(again, tokens: 10)
        #expect(try fixture.state("requests/day").used == 1)
    }

    @Test func `a reservation that is dropped is refunded`() throws {
        let fixture = try QuotaFixture(["requests=1/day"])
        do { _ = try fixture.reserve() }

        #expect(fixture.refusal() == nil)
    }

    @Test func `concurrency is never one more, and is freed by the end`() throws {
        let fixture = try QuotaFixture(["concurrency=3"])
        let held = try (0..<3).map { _ in try fixture.reserve() }

        let refusal = try #require(fixture.refusal())
        #expect(refusal.cause == .concurrency && !refusal.isQuota && refusal.retryAfter == 1000)
        #expect(refusal.state.reserved == 3)
        fixture.settle(held[1])
        #expect(fixture.refusal() == nil)
        #expect(try fixture.state("concurrency").reserved == 2)
        // Or an optimised build would let go of them, and so refund them, above.
        withExtendedLifetime(held) {}
    }

    @Test func `a limit of a model is about that model only`() throws {
        let fixture = try QuotaFixture(["requests=1/day:gpt-4.1*", "requests=3/day"])
        fixture.settle(try fixture.reserve(model: "gpt-4.1-mini"))

        #expect(fixture.refusal(model: "gpt-4.1")?.limit.description == "requests=1/day:gpt-4.1*")
        #expect(fixture.refusal(model: "gpt-4o") == nil)
        #expect(fixture.refusal(model: nil) == nil)
    }

    @Test(
        arguments: [
            "gpt-5-pro", "GPT-5-PRO", "Gpt-5-Pro", "gpt-5-pro-2025-10-06", "GPT-5-PRO-2025-10-06",
        ])
    func `no other spelling of a model gets past its limit`(model: String) throws {
        for pattern in ["gpt-5-pro", "GPT-5-Pro", "gpt-5-p*"] {
            let fixture = try QuotaFixture(["requests=1/day:\(pattern)"])
            fixture.settle(try fixture.reserve(model: "gpt-5-pro"))
            #expect(fixture.refusal(model: model)?.isQuota == true, "\(pattern)")
            #expect(fixture.refusal(model: "gpt-5-pro-mini") == nil || pattern.hasSuffix("*"))
        }
    }

    @Test func `a limit on a fine-tuned base is about all that is tuned from it`() throws {
        let fixture = try QuotaFixture(["requests=0/day:ft:gpt-4.1"])
        for model in ["ft:gpt-4.1:acme::1", "FT:gpt-4.1-2025-04-14:acme::1"] {
            #expect(fixture.refusal(model: model) != nil)
        }
        #expect(
            fixture.refusal(model: "gpt-4.1") == nil && fixture.refusal(model: "ft:gpt-4o:acme::1") == nil)
    }

    @Test func `where no limit is about the model nothing is reserved`() throws {
        let fixture = try QuotaFixture(["requests=1/day:gpt-4.1*"])

        #expect(try fixture.reserve(model: "o3") == nil)
        #expect(try fixture.reserve(model: nil) == nil)
    }

    @Test func `a project's limit is shared, a token's own is not`() throws {
        let fixture = try QuotaFixture(["requests=2/day"], project: ["requests=3/day"])
        let other = fixture.book.lineage(
            AccessTokenID(unchecked: "111111111111"), of: fixture.projectID)
        let held = try (0..<2).map { _ in try fixture.reserve() }
        #expect(fixture.refusal()?.owner == .accessToken)

        let last = try other.reserve(QuotaFixture.charge(), model: nil, at: fixture.now)

        #expect(throws: LimitRefusal.self) {
            try other.reserve(QuotaFixture.charge(), model: nil, at: fixture.now)
        }
        #expect(other.states(at: fixture.now).isEmpty)
        // Or an optimised build would let go of them, and so refund them, above.
        withExtendedLifetime((held, last)) {}
    }

    @Test func `of several refusals the one that lasts longest is told`() throws {
        let fixture = try QuotaFixture(
            ["requests=1/second", "requests=1/hour", "requests=1/day", "concurrency=1"])
        let held = try fixture.reserve()
        fixture.settle(held)

        #expect(fixture.refusal()?.limit.id.window == .day)
        let all = fixture.lineage.explain(QuotaFixture.charge(), model: nil, at: fixture.now)
        #expect(all.map(\.limit.id.window) == [.day, .hour, .second])
        #expect(fixture.lineage.explain(.none, model: nil, at: fixture.now).isEmpty)
    }

    @Test func `explaining takes nothing`() throws {
        let fixture = try QuotaFixture(["requests=1/day", "concurrency=1"], project: ["tokens=5/minute"])
        for _ in 0..<10 {
            #expect(
                fixture.lineage.explain(QuotaFixture.charge(tokens: 5), model: "m", at: fixture.now).isEmpty)
        }
        #expect(fixture.refusal(tokens: 5) == nil)
    }

    @Test func `the ledger is told the durable counters and since when they count`() throws {
        let fixture = try QuotaFixture(["requests=9/day", "concurrency=9", "requests=9/minute"])
        let records = try fixture.set(["cost=1.00/lifetime", "cost=1.00/month:o3"], of: fixture.project)
        let reservation = try #require(try fixture.reserve(model: "gpt-4.1"))

        var accounts: [Int32] = []
        reservation.forEachAccount { account, start in
            accounts.append(account)
            #expect(start == QuotaFixture.start)
        }

        #expect(accounts == [2, records[0].account])
        #expect(reservation.admittedAt == QuotaFixture.start)
    }

    @Test func `limits that the book does not have are shown without being taken in`() throws {
        let fixture = try QuotaFixture()
        let stranger = QuotaBook.Owner.lineage(
            AccessTokenID(unchecked: "Stranger0001"), of: fixture.projectID)
        let record = try LimitRecord(
            account: 77, limit: Limit(parsing: "requests=5/day"), start: fixture.now.wall, used: 2, credit: 1)
        let states = fixture.book.states(of: stranger, as: [record], at: fixture.now)
        #expect(states.map(\.limit) == [record.limit])
        #expect(states.map(\.used) == [2] && states.map(\.remaining) == [4])
        #expect(states.map(\.owner) == [.accessToken])
        #expect(fixture.book.states(of: stranger, at: fixture.now).isEmpty)
        let nowhere = QuotaBook.Owner.project(ProjectID(unchecked: "proj_nowhere0000"))
        #expect(fixture.book.states(of: nowhere, at: fixture.now).isEmpty)
    }
}
