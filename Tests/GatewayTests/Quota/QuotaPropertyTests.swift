import Domain
import Foundation
import Gateway
import Testing

/// Random operations, held after each of them against ``QuotaModel`` and against the promise itself: what is
/// settled and what is reserved are never more than the limit.
struct QuotaPropertyTests {
    private static let steps =
        ProcessInfo.processInfo.environment["VERIFY"] == "1" ? 100_000 : 10_000

    private static let models = ["gpt-4.1", "gpt-4.1-mini", "o3"]
    private static let tokenLimits = [
        "requests=40/hour", "requests=300/day", "tokens=9000/hour", "tokens=400/hour:gpt-4.1*",
        "tokens=50000/lifetime", "cost=0.00009/day", "concurrency=6", "requests=5/second",
        "tokens=2000/minute",
        "concurrency=2:o3", "requests=7/week:o3",
    ]
    private static let projectLimits = [
        "requests=60/hour", "cost=0.001/month", "tokens=20000/day", "concurrency=8", "cost=0.00002/minute",
    ]

    /// One run over a book and its model, until its steps are used up.
    private struct Run {
        var random: SplitMix
        let fixture: QuotaFixture
        var model = QuotaModel()
        var records: [LimitRecord] = []
        var held: [(exchange: Int, reservation: Reservation)] = []

        init(seed: UInt64) throws {
            random = SplitMix(state: seed)
            fixture = try QuotaFixture()
            for limit in try [projectLimits, tokenLimits].joined().map({ try Limit(parsing: $0) }) {
                // A limit is left out now and then, so that others are the first to refuse.
                guard random.below(4) > 0 else { continue }
                let isProject = projectLimits.contains(limit.description)
                records.append(
                    LimitRecord(account: Int32(records.count), limit: limit, start: fixture.now.wall))
                model.add(limit, isProject: isProject)
            }
            apply()
        }

        func apply() {
            for isProject in [true, false] {
                let mine = model.counters.indices.filter {
                    model.counters[$0].isProject == isProject && !model.counters[$0].isGone
                }
                fixture.book.setLimits(
                    mine.map { records[$0] }, of: isProject ? fixture.project : fixture.accessToken,
                    at: fixture.now)
            }
        }

        mutating func step() throws {
            switch random.below(100) {
            case 0..<50: try reserve()
            case 50..<88: settle(isRefund: false)
            case 88..<91: settle(isRefund: true)
            case 91..<98: pass(Int64(random.below(20_000)))
            // Also back, within the same hour and over some.
            case 98: pass(Int64(random.below(6) - 2) * QuotaFixture.hour - Int64(random.below(60_000)))
            default: try change()
            }
        }

        mutating func reserve() throws {
            let bound = QuotaFixture.charge(
                tokens: Int64(random.below(400)), cost: Int64(random.below(5)) * 1000)
            let name = QuotaPropertyTests.models[random.below(3)]
            let explained = fixture.lineage.explain(bound, model: name, at: fixture.now)
            let expected = model.reserve(bound, model: name)
            do throws(LimitRefusal) {
                let reservation = try fixture.lineage.reserve(bound, model: name, at: fixture.now)
                #expect(expected.isAdmitted && explained.isEmpty)
                #expect((reservation != nil) == expected.isLimited)
                if let reservation { held.append((model.exchanges.count - 1, reservation)) }
            } catch {
                #expect(!expected.isAdmitted && explained.contains(error), "\(error)")
            }
        }

        mutating func settle(isRefund: Bool) {
            guard !held.isEmpty else { return }
            let (exchange, reservation) = held.remove(at: random.below(held.count))
            guard !isRefund else {
                reservation.refund()
                model.settle(exchange, .none)
                return
            }
            let actual = QuotaFixture.charge(
                requests: random.below(20) == 0 ? 0 : 1,
                tokens: Int64(random.below(Int(reservation.bound.tokens) + 1)),
                cost: Int64(random.below(Int(reservation.bound.cost.nanoUSD) + 1)))
            reservation.settle(actual, at: fixture.now.nanoseconds)
            model.settle(exchange, actual)
        }

        mutating func pass(_ milliseconds: Int64) {
            fixture.pass(milliseconds: milliseconds)
            model.pass(milliseconds: milliseconds)
            model.forget()
        }

        /// A limit goes, or its amount grows.
        mutating func change() throws {
            let here = model.counters.indices.filter { !model.counters[$0].isGone }
            guard here.count > 4 else { return }
            let index = here[random.below(here.count)]
            let limit = model.counters[index].limit
            guard random.below(20) > 0 else {
                model.counters[index].isGone = true
                apply()
                return
            }
            let larger = Limit(limit.id, amount: limit.amount + limit.amount / 50)
            if let refill = limit.id.window?.refillTime {
                model.counters[index].level += Int128(larger.amount - limit.amount) * Int128(refill)
            }
            model.counters[index].limit = larger
            records[index] = LimitRecord(
                account: records[index].account, limit: larger, start: records[index].start)
            apply()
        }

        func check(_ step: Int) {
            let here = model.counters.indices.filter { !model.counters[$0].isGone }
            for (isProject, owner) in [(true, fixture.project), (false, fixture.accessToken)] {
                let mine = here.filter { model.counters[$0].isProject == isProject }
                let states = fixture.book.states(of: owner, at: fixture.now)
                #expect(states.count == mine.count)
                for (index, state) in zip(mine, states) {
                    let isRate = state.limit.id.window?.isRate ?? false
                    #expect(state.limit == model.counters[index].limit)
                    guard !isRate else { continue }
                    let isConcurrency = state.limit.id.metric == .concurrency
                    #expect(
                        state.used == (isConcurrency ? 0 : model.used(index))
                            && state.reserved == model.reserved(index),
                        "step \(step): \(state.limit)")
                    #expect(state.used + state.reserved <= state.allowance, "step \(step): \(state.limit)")
                }
            }
        }
    }

    @Test func `the book says what a plain sum of the exchanges says`() throws {
        let perRun = 500
        for seed in 0..<UInt64(Self.steps / perRun) {
            var run = try Run(seed: seed)
            for step in 0..<perRun {
                try run.step()
                run.check(step)
            }
            while !run.held.isEmpty { run.settle(isRefund: false) }
            run.check(perRun)
            let states = run.fixture.book.states(of: run.fixture.accessToken, at: run.fixture.now)
            #expect(states.allSatisfy { $0.reserved == 0 })
        }
    }
}
