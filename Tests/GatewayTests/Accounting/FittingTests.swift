import Domain
import Testing

@testable import Gateway

/// Requests that name no maximum of output, under quotas that their model's own does not fit into.
struct FittingTests {
    private static func body(_ model: String, _ rest: String = "") -> String {
        #"{"model":"\#(model)","messages":[{"role":"user","content":"Hello"}]\#(rest)}"#
    }

    private static func prompt(_ body: String) -> Int64 { Int64(body.utf8.count) + UsageBound.allowance }

    @Test(arguments: ["gpt-4.1", "gpt-5", "o3"])
    func `half of what is left is written in`(model: String) throws {
        let fixture = try AccountingFixture(["tokens=20000/day"])
        let body = Self.body(model)
        let opened = try fixture.open(body)
        let half = (20_000 - Self.prompt(body)) / 2

        #expect(opened.attempt.fittedOutput == half)
        #expect(opened.body == "{\"max_completion_tokens\":\(half)," + body.dropFirst())
        #expect(opened.bound.charge.tokens == Self.prompt(body) + half)
        #expect(try fixture.state("tokens/day").reserved == Self.prompt(body) + half)
        fixture.close(opened, isDispatched: false)
    }

    @Test(
        arguments: [
            (.completion, #"{"model":"gpt-4.1","prompt":"a"}"#, "max_tokens"),
            (.response, #"{"model":"gpt-4.1","input":"a","max_output_tokens":null}"#, "max_output_tokens"),
            (.run, #"{"model":"gpt-4.1"}"#, "max_completion_tokens"),
            (.chat, #"{"model":"gpt-4.1","n":2,"stream":true,"messages":[]}"#, "max_completion_tokens"),
        ] as [(Consumption, String, String)])
    func `in the key of its endpoint, once, for each choice`(
        consumption: Consumption, body: String, key: String
    ) throws {
        let fixture = try AccountingFixture(["tokens=20000/day"])
        let opened = try fixture.open(body, consumption)
        let output = opened.attempt.fittedOutput

        #expect(opened.body.contains("\"\(key)\":\(output)") && output > 4000)
        let sent = try opened.body.utf8.withContiguousStorageIfAvailable { bytes in
            try BodyPeek.peek(UnsafeRawBufferPointer(bytes))
        }
        #expect(sent != nil)
        #expect(opened.bound.completion == output * (body.contains("\"n\":2") ? 2 : 1))
        fixture.close(opened, isDispatched: false)
    }

    @Test func `what fits, what is named and what has a cap stays as it is`() throws {
        let fixture = try AccountingFixture(["tokens=40000/day"])
        for body in [
            Self.body("gpt-4.1"), Self.body("o3", #","max_tokens":5"#),
            Self.body("o3", #","max_completion_tokens":9000"#),
        ] {
            let opened = try fixture.open(body)
            #expect(opened.attempt.fittedOutput == 0 && opened.body == body)
            fixture.close(opened, isDispatched: false)
        }
        var grants = Grants()
        grants.outputCap = OutputCap(amount: 60_000, mode: .clamp)
        #expect(
            try AccountingFixture(["tokens=40000/day"], grants: grants).refusal(Self.body("o3"))?.canNeverPass
                == true)
    }

    @Test func `with refuse, of the project or the token, nothing is written in`() throws {
        let body = Self.body("gpt-5")
        var grants = Grants()
        grants.unboundedOutput = .refuse
        let byToken = try AccountingFixture(["tokens=20000/day"], grants: grants)
        let byProject = try AccountingFixture(["tokens=20000/day"], unboundedOutput: .refuse)
        grants.unboundedOutput = .fit
        let back = try AccountingFixture(["tokens=20000/day"], grants: grants, unboundedOutput: .refuse)

        for fixture in [byToken, byProject] {
            let refusal = try #require(fixture.refusal(body))
            #expect(refusal.isQuota && refusal.canNeverPass)
            let most = 20_000 - Self.prompt(body)
            #expect(refusal.cure == LimitRefusal.Cure(key: "max_completion_tokens", most: most))
            #expect(refusal.description.contains("can never pass"))
            #expect(refusal.description.contains("Set 'max_completion_tokens' to at most \(most)."))
            #expect(!refusal.description.contains("resets"))
            #expect(refusal.apiError.param == "max_completion_tokens" && !refusal.apiError.isRetryable)
            #expect(fixture.refusal(Self.body("gpt-5", #","max_completion_tokens":\#(most)"#)) != nil)
            #expect(fixture.refusal(Self.body("gpt-5", #","max_completion_tokens":\#(most - 40)"#)) == nil)
        }
        #expect(back.refusal(body) == nil)
    }

    @Test func `never less than 1,024 for each choice: less is refused`() throws {
        let fixture = try AccountingFixture(["tokens=1500/day"])
        let body = Self.body("gpt-5")
        let opened = try fixture.open(body)
        #expect(opened.attempt.fittedOutput == 1024)

        // While it is in flight there may be enough again.
        let held = try #require(fixture.refusal(body))
        #expect(held.cause == .heldByReservations && held.apiError.code == "rate_limit_exceeded")
        #expect(held.apiError.retryAfter == 1000)
        fixture.answer(opened, AccountingFixture.told(Usage(prompt: 300, completion: 200)))
        fixture.close(opened)
        let spent = try #require(fixture.refusal(body))
        #expect(spent.isQuota && !spent.canNeverPass && spent.apiError.code == "insufficient_quota")
        let most = 1000 - Self.prompt(body)
        #expect(spent.cure == LimitRefusal.Cure(key: "max_completion_tokens", most: most))
        #expect(spent.description.contains("resets"))
    }

    @Test func `a limit on cost fits as one on tokens does`() throws {
        let fixture = try AccountingFixture(["cost=1.00/month"])
        let opened = try fixture.open(Self.body("o1-pro"))

        let price = try #require(fixture.prices.price(of: "o1-pro"))
        let cost = price.bound(
            prompt: opened.bound.prompt, completion: opened.attempt.fittedOutput, withMedia: false,
            on: .init())
        #expect(opened.attempt.fittedOutput == 1024 && cost == opened.bound.cost)
        #expect(cost <= Money(nanoUSD: 1_000_000_000))
        fixture.close(opened, isDispatched: false)
        let second = try AccountingFixture(["cost=0.10/month"], project: ["tokens=30000/day"])
        let scarce = try second.open(Self.body("gpt-4.1"))
        let half = Double(scarce.bound.cost.nanoUSD) / 50_000_000
        #expect(half > 0.95 && half < 1.05 && scarce.attempt.fittedOutput < 7000)
        second.close(scarce, isDispatched: false)
    }

    @Test func `a prompt that alone is too large says that nothing helps`() throws {
        let fixture = try AccountingFixture(["tokens=90/day"])
        let refusal = try #require(fixture.refusal(Self.body("gpt-5")))
        #expect(refusal.cure == nil && refusal.description.contains("Send a smaller request."))
    }

    @Test func `what many take at once is never more than there is`() throws {
        let fixture = try AccountingFixture(["tokens=20000/day"])
        var held: [AccountingFixture.Opened] = []
        while let opened = try? fixture.open(Self.body("gpt-5")) { held.append(opened) }
        let state = try fixture.state("tokens/day")

        #expect(held.count >= 4 && state.reserved <= 20_000 && state.remaining < 1024 + 200)
        for opened in held { fixture.close(opened, isDispatched: false) }
        #expect(try fixture.state("tokens/day").reserved == 0)
    }
}
