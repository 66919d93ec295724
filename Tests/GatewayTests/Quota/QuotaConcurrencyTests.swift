import Domain
import Foundation
import Synchronization
import Testing

@testable import Gateway

/// Many threads at one book: what is let through is the limit, not one more and not one less.
struct QuotaConcurrencyTests {
    private static let isVerifying = ProcessInfo.processInfo.environment["VERIFY"] == "1"
    private static let rounds = isVerifying ? 50 : 10
    private static let threads = 8

    /// Runs the body 500 times, on several threads at once; how many were let through.
    private func race(_ body: @Sendable (Int) -> Bool) -> Int {
        let admitted = Atomic<Int>(0)
        let next = Atomic<Int>(0)
        withoutActuallyEscaping(body) { body in
            DispatchQueue.concurrentPerform(iterations: Self.threads) { _ in
                while case let index = next.add(1, ordering: .relaxed).oldValue, index < 500 {
                    if body(index) { admitted.add(1, ordering: .relaxed) }
                }
            }
        }
        return admitted.load(ordering: .relaxed)
    }

    @Test func `of 500 requests against a limit of 100 exactly 100 go through`() throws {
        for _ in 0..<Self.rounds {
            let fixture = try QuotaFixture(["requests=100/lifetime", "requests=400/day"])
            let (lineage, now) = (fixture.lineage, fixture.now)

            let admitted = race { index in
                do throws(LimitRefusal) {
                    let held = try lineage.reserve(QuotaFixture.charge(), model: nil, at: now)
                    held?.settle(QuotaFixture.charge(), at: now.nanoseconds)
                    return true
                } catch {
                    return false
                }
            }

            #expect(admitted == 100)
            #expect(try fixture.state("requests/lifetime").used == 100)
            #expect(try fixture.state("requests/day").used == 100)
        }
    }

    @Test func `a project's limit holds for all its access tokens together, refunds included`() throws {
        for _ in 0..<Self.rounds {
            let fixture = try QuotaFixture(project: ["tokens=1000/day", "concurrency=4"])
            let (book, project, now) = (fixture.book, fixture.projectID, fixture.now)
            let lineages = (0..<5).map {
                book.lineage(AccessTokenID(unchecked: "00000000000\($0)"), of: project)
            }
            let inFlight = Atomic<Int>(0)
            let most = Atomic<Int>(0)
            let charged = Atomic<Int>(0)

            _ = race { index in
                do throws(LimitRefusal) {
                    let bound = QuotaFixture.charge(tokens: 30)
                    let held = try lineages[index % 5].reserve(bound, model: "m", at: now)
                    most.max(inFlight.add(1, ordering: .relaxed).newValue, ordering: .relaxed)
                    inFlight.subtract(1, ordering: .relaxed)
                    guard index % 3 > 0 else { return true }
                    charged.add(index % 31, ordering: .relaxed)
                    held?.settle(QuotaFixture.charge(tokens: Int64(index % 31)), at: now.nanoseconds)
                    return true
                } catch {
                    return false
                }
            }

            let state = try fixture.state("tokens/day", of: fixture.project)
            #expect(state.used == Int64(charged.load(ordering: .relaxed)) && state.used <= 1000)
            #expect(state.reserved == 0)
            #expect(most.load(ordering: .relaxed) <= 4)
            #expect(try fixture.state("concurrency", of: fixture.project).reserved == 0)
        }
    }

    @Test func `what an attempt holds goes to the next one, and nobody comes between`() throws {
        let fixture = try QuotaFixture(["concurrency=1", "tokens=1000000/day"])
        let (lineage, now) = (fixture.lineage, fixture.now)
        let bound = QuotaFixture.charge(tokens: 30)
        let first = try lineage.reserve(bound, model: nil, at: now)
        let held = Mutex(first)
        let lost = Atomic<Int>(0)

        let admitted = race { index in
            guard index.isMultiple(of: 2) else {
                let other = try? lineage.reserve(bound, model: nil, at: now)
                other?.refund()
                return other != nil
            }
            return held.withLock { held in
                guard let last = held else { return false }
                held = try? lineage.reserve(
                    bound, model: nil, at: now, settling: Settling(last, as: QuotaFixture.charge(tokens: 7)))
                if held == nil { lost.add(1, ordering: .relaxed) }
                return false
            }
        }

        #expect(admitted == 0 && lost.load(ordering: .relaxed) == 0)
        #expect(try fixture.state("concurrency").reserved == 1)
        #expect(try fixture.state("tokens/day").reserved == 30)
        #expect(try fixture.state("tokens/day").used == 7 * 250)
    }

    @Test func `an attempt that gets nothing leaves what the one before it came to`() throws {
        let fixture = try QuotaFixture(["tokens=100/day"])
        let now = fixture.now
        let first = try #require(
            try fixture.lineage.reserve(QuotaFixture.charge(tokens: 60), model: nil, at: now))
        let settling = Settling(first, as: QuotaFixture.charge(tokens: 50))
        #expect(throws: LimitRefusal.self) {
            try fixture.lineage.reserve(
                QuotaFixture.charge(tokens: 60), model: nil, at: now, settling: settling)
        }
        settling.end(at: now.nanoseconds)
        first.refund()
        let state = try fixture.state("tokens/day")
        #expect(state.used == 50 && state.reserved == 0)
    }

    @Test func `limits that change under load leave nothing reserved`() throws {
        let fixture = try QuotaFixture(["requests=1000000/day", "concurrency=100"])
        let (book, owner, lineage, now) = (fixture.book, fixture.accessToken, fixture.lineage, fixture.now)
        let records = try (0..<500).map { index in
            try (0..<(index % 4)).map {
                try fixture.record("requests=\(index)/\(["day", "hour", "week"][$0])")
            }
        }

        _ = race { index in
            let held = try? lineage.reserve(QuotaFixture.charge(), model: nil, at: now)
            if index % 5 == 0 { book.setLimits(records[index], of: owner, at: now) }
            held?.settle(QuotaFixture.charge(), at: now.nanoseconds)
            return held != nil
        }

        #expect(book.states(of: owner, at: now).allSatisfy { $0.reserved == 0 })
    }
}
