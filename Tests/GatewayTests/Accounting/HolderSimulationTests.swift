import Domain
import Foundation
import Testing

@testable import Gateway

/// Holders that do all they can to get more than their limits, and holders that want nothing but to work;
/// before an upstream that generates as fast as the setting says until its connection closes, and knows what
/// it did.
struct HolderSimulationTests {
    private static let isVerifying = ProcessInfo.processInfo.environment["VERIFY"] == "1"
    private static let models = ["gpt-4o-mini", "gpt-4.1", "gpt-5", "o3", "gpt-4.1-nano", "o4-mini"]
    private static let rate: Int64 = 3000

    // MARK: Adversaries

    /// A request in flight, and what it will come to.
    private struct Flight {
        let opened: AccountingFixture.Opened
        let sentAt: UInt64
        let endsAt: UInt64
        /// What it would come to if it ran to its end.
        let whole: Usage
        let choices: Int64
        let isTold: Bool
        let served: ModelPrice.Terms
        /// nil of a model that nobody knows: no limit on cost lets it through.
        let price: ModelPrice?

        /// What the upstream has read and generated when its connection closes.
        func truth(at now: UInt64) -> Usage {
            let time = Int128(now - sentAt) * Int128(HolderSimulationTests.rate) / 1_000_000_000
            let generated = min(Int128(whole.completion), time * Int128(choices))
            return Usage(prompt: whole.prompt, completion: Int64(generated))
        }
    }

    private struct Run {
        var random: SplitMix
        let fixture: AccountingFixture
        var flights: [Flight] = []
        var truth = Usage()
        var cost: Int64 = 0
        var passed = 0

        init(seed: UInt64, _ limits: [String]) throws {
            random = SplitMix(state: seed)
            fixture = try AccountingFixture(limits)
        }

        mutating func pick<Element>(_ elements: [Element]) -> Element {
            elements[random.below(elements.count)]
        }

        /// A body that lies where it can.
        mutating func body() -> (text: String, model: String, length: Int) {
            let model = pick(HolderSimulationTests.models + ["GPT-4.1", "mystery-1"])
            let length = random.below(400)
            var keys = [#""model":"\#(model)""#]
            switch random.below(10) {
            case 0..<3: break
            case 3: keys.append(#""max_tokens":0"#)
            case 4: keys.append(#""max_completion_tokens":"100""#)
            case 5: keys.append(#""max_tokens":1e2"#)
            case 6: keys.append(#""max_tokens":1,"max_completion_tokens":\#(1 + random.below(4000))"#)
            case 7: keys.append(#""max_completion_tokens":null"#)
            default: keys.append(#""max_completion_tokens":\#(1 + random.below(6000))"#)
            }
            if random.below(4) == 0 {
                keys.append(#""n":\#(pick(["1", "2", "3", "0", "null", "\"3\"", "3.0"]))"#)
            }
            if random.below(4) == 0 {
                keys.append(#""service_tier":"\#(pick(["flex", "priority", "auto", "default"]))""#)
            }
            if random.below(3) == 0 { keys.append(#""stream":true"#) }
            let content = String(repeating: "a ", count: length)
            keys.append(#""messages":[{"role":"user","content":"\#(content)"}]"#)
            for place in keys.indices { keys.swapAt(place, random.below(keys.count)) }
            return ("{" + keys.joined(separator: ",") + "}", model, length * 2)
        }

        mutating func send() throws {
            let (text, model, length) = body()
            guard let opened = try? fixture.open(text) else { return }
            passed += 1
            let price = fixture.prices.price(of: model)
            let peek = try Array(opened.body.utf8).withUnsafeBytes { bytes in
                try Result { () throws(Rejection) in try BodyPeek.peek(bytes) }.get()
            }
            // The most generous reading that an upstream can have of it.
            let own = price?.completionLimit ?? 128_000
            let most =
                [peek.maxTokens, peek.maxCompletionTokens].map { amount -> Int64 in
                    switch amount {
                    case .absent: 0
                    case .number(let number, _): number
                    case .unreadable: own
                    }
                }.max() ?? 0
            var choices: Int64 = 1
            switch peek.choices {
            case .absent: break
            case .number(let number, _): choices = max(1, number)
            case .unreadable: choices = 3
            }
            let maximum = min(own, most == 0 ? own : most)
            let completion = random.below(3) == 0 ? maximum : Int64(random.below(Int(maximum)) + 1)
            let whole = Usage(prompt: Int64(length + 8), completion: completion * choices)
            let now = fixture.quotas.now.nanoseconds
            let isWhole = random.below(3) == 0
            let wholeTime = Double(completion) / Double(HolderSimulationTests.rate) * 1000 + 1
            let milliseconds = isWhole ? UInt64(wholeTime) : UInt64(random.below(4000))
            let isTold = isWhole && random.below(4) > 0
            // An answer that says what was used says how it was served, too.
            let served = isTold ? peek.terms : pick([peek.terms, ModelPrice.Terms()])
            flights.append(
                Flight(
                    opened: opened, sentAt: now, endsAt: now + milliseconds * 1_000_000, whole: whole,
                    choices: choices, isTold: isTold, served: served, price: price))
        }

        /// Whoever's time has come leaves, is cut, or has its answer.
        mutating func land(all: Bool = false) {
            let now = fixture.quotas.now.nanoseconds
            var rest: [Flight] = []
            for flight in flights {
                guard all || flight.endsAt <= now else {
                    rest.append(flight)
                    continue
                }
                let usage = flight.truth(at: now)
                truth.prompt += usage.prompt
                truth.completion += usage.completion
                cost += flight.price?.cost(of: usage, on: flight.served).nanoUSD ?? 0
                let isTold = flight.isTold && usage.completion == flight.whole.completion
                if random.below(4) > 0 || isTold {
                    fixture.answer(flight.opened, isTold ? AccountingFixture.told(usage) : "{\"choices\":[")
                }
                let outcomes: [Outcome] = [
                    .clientGone, .failed(.truncated), .failed(.firstByteTimeout), .revoked,
                ]
                fixture.close(flight.opened, isTold ? .completed : pick(outcomes))
            }
            flights = rest
        }
    }

    @Test(
        arguments: [
            ["tokens=60000/lifetime"], ["cost=0.05/lifetime"],
            ["tokens=200000/lifetime", "cost=0.40/lifetime", "tokens=90000/day:gpt-*"],
        ])
    func `no holder gets more than the limit, whatever it does`(limits: [String]) throws {
        for seed in 0..<UInt64(Self.isVerifying ? 200 : 8) {
            var run = try Run(seed: seed, limits)
            let most = 1 + run.random.below(200)
            for _ in 0..<(Self.isVerifying ? 2000 : 400) {
                if run.flights.count < most { try run.send() }
                if run.random.below(3) == 0 { run.fixture.pass(milliseconds: Int64(run.random.below(400))) }
                run.land()
            }
            run.land(all: true)
            #expect(run.passed > 2)
            for limit in try limits.map({ try Limit(parsing: $0) }) {
                let state = try run.fixture.state(limit.id.description)
                #expect(state.used <= state.allowance && state.reserved == 0, "seed \(seed): \(limit)")
                guard limit.id.models == nil else { continue }
                let truth = limit.id.metric == .tokens ? run.truth.tokens : run.cost
                #expect(truth <= state.used, "seed \(seed): \(limit), really \(truth), charged \(state.used)")
            }
        }
    }

    // MARK: Ordinary traffic

    private static let limits = ["tokens=20000/day", "requests=100000/day", "cost=5.00/month"]

    /// A chat of 30 tokens that names no maximum.
    private static func chat(_ model: String) -> String {
        #"{"model":"\#(model)","messages":[{"role":"user","content":"Tell me in one sentence what a key "#
            + #"is."}]}"#
    }
    private static let usage = Usage(prompt: 17, completion: 30)

    @Test(arguments: models)
    func `in sequence nine tenths of a limit are used before the first refusal`(model: String) throws {
        let fixture = try AccountingFixture(Self.limits)
        var refusal: LimitRefusal?
        while refusal == nil {
            do throws(Rejection) {
                let opened = try fixture.open(Self.chat(model))
                fixture.pass(milliseconds: 20)
                fixture.answer(opened, AccountingFixture.told(Self.usage))
                fixture.close(opened)
            } catch {
                guard case .limited(let found) = error else { throw error }
                refusal = found
            }
        }
        let used = try fixture.state("tokens/day").used
        #expect(used >= 18_000 && refusal?.isQuota == true, "\(model): \(used)")
    }

    @Test(arguments: models)
    func `fifty at once that wait as they are told use as much`(model: String) throws {
        let fixture = try AccountingFixture(Self.limits)
        var flights: [(opened: AccountingFixture.Opened, endsAt: UInt64)] = []
        // When each of them asks next.
        var waiting = [UInt64](repeating: fixture.quotas.now.nanoseconds, count: 50)
        var spent: LimitRefusal?
        while spent == nil {
            let now = fixture.quotas.now.nanoseconds
            for flight in flights where flight.endsAt <= now {
                fixture.answer(flight.opened, AccountingFixture.told(Self.usage))
                fixture.close(flight.opened)
                waiting.append(now)
            }
            flights.removeAll { $0.endsAt <= now }
            let due = waiting.filter { $0 <= now }
            waiting.removeAll { $0 <= now }
            for _ in due where spent == nil {
                do throws(Rejection) {
                    flights.append((try fixture.open(Self.chat(model)), now + 300_000_000))
                } catch {
                    guard case .limited(let refusal) = error else { throw error }
                    guard let pause = refusal.retryAfter else {
                        spent = refusal
                        break
                    }
                    waiting.append(now + UInt64(pause) * 1_000_000)
                }
            }
            fixture.pass(milliseconds: 50)
        }
        for flight in flights { fixture.close(flight.opened, isDispatched: false) }
        let used = try #require(spent).state.used
        #expect(used >= 18_000, "\(model): \(used)")
    }
}
