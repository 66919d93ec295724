import Domain
import Gateway
import Testing

/// Rates: what refills, what may go into debt, and when it is worth asking again.
struct QuotaRateTests {
    @Test func `requests are admitted as they refill`() throws {
        let fixture = try QuotaFixture(["requests=2/second"])
        for _ in 0..<2 { fixture.settle(try fixture.reserve()) }

        let refusal = try #require(fixture.refusal())
        #expect(refusal.cause == .rate(retryAfter: 500) && !refusal.isQuota)
        fixture.pass(milliseconds: 499)
        #expect(fixture.refusal()?.retryAfter == 1)
        fixture.pass(milliseconds: 1)
        #expect(fixture.refusal() == nil)
        fixture.settle(try fixture.reserve())
        #expect(fixture.refusal()?.retryAfter == 500)
    }

    @Test func `no more than the amount gathers while nobody asks`() throws {
        let fixture = try QuotaFixture(["requests=2/second"])
        fixture.pass(milliseconds: 1_000_000)
        for _ in 0..<2 { fixture.settle(try fixture.reserve()) }

        #expect(fixture.refusal() != nil)
    }

    @Test func `ordinary chats with large bounds go through a token rate`() throws {
        let fixture = try QuotaFixture(["tokens=20000/minute"])
        for _ in 0..<60 {
            fixture.settle(try fixture.reserve(tokens: 128_000), tokens: 300)
            fixture.pass(milliseconds: 1000)
        }

        #expect(try fixture.state("tokens/minute").remaining > 19_000)
    }

    @Test func `what is over the rate is a debt that time pays back`() throws {
        let fixture = try QuotaFixture(["tokens=60/minute"])
        fixture.settle(try fixture.reserve(tokens: 1), tokens: 120)
        let state = try fixture.state("tokens/minute")
        #expect(state.used == 120 && state.remaining == 0)
        #expect(state.resetsAt == fixture.now.wall.adding(milliseconds: 120_000))

        #expect(fixture.refusal(tokens: 1)?.cause == .rate(retryAfter: 61_000))
        fixture.pass(milliseconds: 60_999)
        #expect(fixture.refusal(tokens: 1)?.cause == .rate(retryAfter: 1))
        fixture.pass(milliseconds: 1)
        #expect(fixture.refusal(tokens: 1) == nil)
    }

    @Test func `a calendar that jumps does not refill a rate`() throws {
        let fixture = try QuotaFixture(["requests=1/minute"])
        fixture.settle(try fixture.reserve())
        let later = QuotaMoment(
            wall: fixture.now.wall.adding(milliseconds: 10 * QuotaFixture.hour),
            nanoseconds: fixture.now.nanoseconds)

        #expect(throws: LimitRefusal.self) {
            try fixture.lineage.reserve(QuotaFixture.charge(), model: nil, at: later)
        }
    }

    @Test func `the largest amounts and debts keep their order`() throws {
        let fixture = try QuotaFixture(["cost=9223372036.854775807/minute", "tokens=1/second"])
        fixture.settle(try fixture.reserve(tokens: 1, cost: 1), tokens: .max, cost: .max)
        fixture.pass(milliseconds: 60_000)

        #expect(try fixture.state("cost/minute").remaining == .max)
        #expect(try fixture.state("tokens/second").remaining == 0)
        #expect(fixture.refusal(tokens: 1)?.retryAfter ?? 0 > 1_000_000_000)
    }

    @Test func `the most restrictive three are told in the answer's fields`() throws {
        let fixture = try QuotaFixture(
            ["requests=100/minute", "tokens=1000/day", "concurrency=5", "tokens=500/day:gpt-*"],
            project: ["cost=5.00/lifetime", "requests=1000/month"])
        fixture.settle(
            try fixture.reserve(tokens: 400, cost: 1, model: "gpt-4"), tokens: 400, cost: 500_000_000)

        let fields = text(fixture.lineage.headroom(model: "gpt-4", at: fixture.now))

        let midnight = 14 * 3600
        #expect(
            fields == """
                ratelimit-policy: "token-tokens-day";q=500;qu="tokens";w=86400, \
                "project-cost-lifetime";q=5000000;qu="micro-usd", "token-requests-minute";q=100;w=60\r
                ratelimit: "token-tokens-day";r=100;t=\(midnight), "project-cost-lifetime";r=4500000, \
                "token-requests-minute";r=99;t=1\r

                """)
        #expect(try QuotaFixture(["concurrency=1"]).lineage.headroom(model: nil, at: fixture.now).count == 0)
    }

    @Test func `an answer without limits has no such fields`() throws {
        let fixture = try QuotaFixture()

        #expect(text(fixture.lineage.headroom(model: nil, at: fixture.now)) == "")
    }

    private func text(_ headroom: Headroom) -> String {
        String(unsafeUninitializedCapacity: headroom.longest + 1) { buffer in
            var pen = Pen(buffer)
            headroom.write(with: &pen)
            return pen.count
        }
    }
}
