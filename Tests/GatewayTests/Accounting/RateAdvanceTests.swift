import Domain
import Testing

@testable import Gateway

/// Rates of tokens and cost take an estimate before the answer, and settle when it is known.
struct RateAdvanceTests {
    private static func body(_ rest: String) -> String {
        #"{"model":"gpt-4o-mini","messages":[{"role":"user","content":"Hello"}]\#(rest)}"#
    }

    @Test func `of 500 at once that name 1,000 tokens at most 20 pass through 20,000 a minute`() throws {
        let fixture = try AccountingFixture(["tokens=20000/minute"])
        var held: [AccountingFixture.Opened] = []
        for _ in 0..<500 {
            if let opened = try? fixture.open(Self.body(#","max_tokens":1000"#)) { held.append(opened) }
        }
        #expect((15...20).contains(held.count))

        for opened in held {
            fixture.answer(opened, AccountingFixture.told(Usage(prompt: 10, completion: 30)))
            fixture.close(opened)
        }
        #expect(try fixture.state("tokens/minute").used == Int64(held.count) * 40)
    }

    @Test func `a request that names nothing takes what such requests come to`() throws {
        let fixture = try AccountingFixture(["tokens=20000/minute"])
        let prompt = (Int64(Self.body("").utf8.count) + UsageBound.allowance + 3) / 4
        func taken() throws -> Int64 {
            let before = try fixture.state("tokens/minute").used
            let opened = try fixture.open(Self.body(""))
            defer { fixture.close(opened, isDispatched: false) }
            return try fixture.state("tokens/minute").used - before
        }
        #expect(try taken() == prompt + 256)
        for _ in 0..<30 {
            let opened = try fixture.open(Self.body(""))
            fixture.answer(opened, AccountingFixture.told(Usage(prompt: 10, completion: 1900)))
            fixture.close(opened)
            fixture.pass(milliseconds: 10_000)
        }
        #expect(try taken() == prompt + 1900)
    }

    @Test func `a full rate lets a request through that is larger than all it holds`() throws {
        let fixture = try AccountingFixture(["tokens=2000/minute"])
        let opened = try fixture.open(Self.body(#","max_tokens":9000"#))
        #expect(fixture.refusal(Self.body(#","max_tokens":1"#))?.cause != nil)
        fixture.answer(opened, AccountingFixture.told(Usage(prompt: 10, completion: 90)))
        fixture.close(opened)
        #expect(fixture.refusal(Self.body(#","max_tokens":1"#)) == nil)
        fixture.pass(milliseconds: 3000)
        #expect(fixture.refusal(Self.body(#","max_tokens":9000"#)) == nil)
    }

    @Test func `a rate of cost takes the price of the estimate`() throws {
        let fixture = try AccountingFixture(["cost=0.01/minute"])
        let opened = try fixture.open(Self.body(#","max_tokens":1000"#))
        let price = try #require(fixture.prices.price(of: "gpt-4o-mini"))
        let usage = Usage(prompt: (opened.bound.prompt + 3) / 4, completion: 1000)
        #expect(try fixture.state("cost/minute").used == price.cost(of: usage).nanoUSD)
        fixture.close(opened, isDispatched: false)
        #expect(try fixture.state("cost/minute").used == 0)
    }

    @Test func `means are kept of a bounded number of models, the last used ones`() {
        let means = OutputMeans()
        for model in 0..<OutputMeans.capacity { means.note(Int64(model), of: model) }
        means.note(8, of: 0)
        means.note(99, of: 1000)
        #expect(means.mean(of: 0) == 1 && means.mean(of: 1000) == 99)
        #expect(means.mean(of: 1) == nil && means.mean(of: 2) == 2)
    }
}
