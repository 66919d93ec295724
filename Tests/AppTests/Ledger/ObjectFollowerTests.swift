import Domain
import Gateway
import Synchronization
import Telemetry
import Testing

@testable import App
@testable import Storage

/// Who asks upstreams for the end of background work: when, how many at once, and until when.
@Suite struct ObjectFollowerTests {
    /// Answers as a test says, and counts what is asked at one moment.
    private final class Upstreams: ObjectInquiry {
        struct State {
            var verdicts: [String: ObjectVerdict] = [:]
            var asked: [String] = []
            var running = 0
            var most = 0
        }
        let state = Mutex(State())
        /// Where it is there, each answer waits for one.
        let permits: Events<Void>?
        let begun = Events<Void>()

        init(permits: Events<Void>? = nil) { self.permits = permits }

        func ask(_ path: String, kind: EndpointKind, of project: ProjectID) async -> ObjectVerdict {
            state.withLock { state in
                state.asked.append(path)
                state.running += 1
                state.most = max(state.most, state.running)
            }
            begun.send(())
            _ = await permits?.next()
            return state.withLock { state in
                state.running -= 1
                return state.verdicts[path] ?? .underWay
            }
        }

        func set(_ path: String, _ verdict: ObjectVerdict) { state.withLock { $0.verdicts[path] = verdict } }
        func takeAsked() -> [String] {
            state.withLock { state in
                defer { state.asked = [] }
                return state.asked
            }
        }
    }

    private let files: LedgerFiles
    private let store: Store
    private let log = LogLines()
    private let metrics = LedgerMetrics()
    private let quotas: QuotaBook
    private let clock: Clock

    private final class Clock: Sendable {
        private let moment: Mutex<Timestamp>
        init(_ moment: Timestamp) { self.moment = Mutex(moment) }
        var now: Timestamp { moment.withLock { $0 } }
        func pass(seconds: Int64) { moment.withLock { $0 = $0.adding(milliseconds: seconds * 1000) } }
    }

    init() async throws {
        files = try LedgerFiles()
        store = try await files.createStore()
        quotas = QuotaBook(defaultPeriods: try #require(CalendarPeriods(timeZone: "UTC")).rule)
        clock = Clock(files.now)
    }

    private func follower(_ upstreams: Upstreams) -> ObjectFollower {
        let sequence = Mutex<Int64>(1_000_000)
        return ObjectFollower(
            store: store, inquiry: upstreams,
            books: ObjectFollower.Books(
                quotas: quotas, metrics: metrics,
                makeID: {
                    LedgerID(
                        generation: 1,
                        sequence: sequence.withLock { number in
                            number += 2
                            return number
                        })
                }, noteCharged: { _ in }),
            logger: log.logger, clock: ObjectFollower.Clock(now: { [clock] in clock.now }))
    }

    private func pass(seconds: Int64) { clock.pass(seconds: seconds) }

    private func begin(
        _ objects: [String], accounts: AccountPeriods = [], of project: ProjectID? = nil,
        from first: Int64 = 0
    ) async throws {
        let now = clock.now
        _ = try await store.appendLedger(
            objects.enumerated().map { place, object in
                var row = LedgerRow(
                    id: LedgerID(generation: 1, sequence: first + Int64(place) * 2), admittedAt: now,
                    project: project ?? files.project, accessToken: files.accessToken, lineage: files.lineage,
                    endpoint: "responses", client: .loopback, modelAsked: LedgerText("gpt-4.1"),
                    priceVersion: 1, accounts: accounts, outcome: "completed",
                    charge: Charge(requests: 1, tokens: 5000, cost: Money(nanoUSD: 7_000_000)),
                    accuracy: .estimated)
                row.usage = Usage(prompt: 1000, completion: 4000)
                row.status = 200
                row.objectID = LedgerText(object)
                row.objectRole = .begins(ObjectTerms(price: ModelPrice.Terms()))
                return row
            })
    }

    @Test func `the pauses double from ten seconds to ten minutes`() {
        #expect(
            (0...8).map { ObjectSchedule.pause(after: $0) / 1000 }
                == [10, 20, 40, 80, 160, 320, 600, 600, 600])
        #expect(ObjectSchedule.pause(after: .max) == 600_000 && ObjectSchedule.pause(after: -1) == 10_000)
        let days = (0..<ObjectSchedule.limit).reduce(0) { $0 + ObjectSchedule.pause(after: $1) }
        #expect(days >= 48 * 3_600_000 && days - 600_000 < 48 * 3_600_000)
    }

    @Test func `an object is asked for when it is due, and its end corrects its row and the limits`()
        async throws
    {
        let durable = try await files.setQuotas(in: store)
        let subject = LimitSubject.lineage(files.lineage, of: files.project)
        let moment = QuotaMoment(wall: files.now, nanoseconds: 0)
        quotas.setLimits(durable, of: subject, at: moment)
        let lineage = quotas.lineage(files.lineage, of: files.project)
        let bound = Charge(requests: 1, tokens: 5000, cost: Money(nanoUSD: 7_000_000))
        let reservation = try #require(try lineage.reserve(bound, model: "gpt-4.1", at: moment))
        var accounts = AccountPeriods()
        reservation.forEachAccount { account, start in
            let hasRoom = accounts.append(AccountPeriod(account: account, start: start))
            #expect(hasRoom)
        }
        reservation.settle(bound, at: 0)
        try await begin(["resp_1"], accounts: accounts)
        let upstreams = Upstreams()
        let follower = follower(upstreams)

        pass(seconds: 9)
        try await follower.turn()
        #expect(upstreams.takeAsked().isEmpty)
        pass(seconds: 1)
        try await follower.turn()
        #expect(upstreams.takeAsked() == ["/responses/resp_1"] && metrics.snapshot.pendingObjects == 1)
        pass(seconds: 19)
        try await follower.turn()
        #expect(upstreams.takeAsked().isEmpty)
        pass(seconds: 1)
        upstreams.set(
            "/responses/resp_1",
            .ended(
                ObjectEnd(
                    usage: Usage(prompt: 100, completion: 20), accuracy: .exact, modelAnswered: nil, tier: nil
                )))
        try await follower.turn()
        #expect(upstreams.takeAsked() == ["/responses/resp_1"])
        #expect(lineage.states(at: moment).map(\.used) == [1, 120, 360_000])
        #expect(try await files.limits(in: store).map(\.used) == [1, 120, 360_000])
        #expect(metrics.snapshot.corrections == 1 && metrics.snapshot.pendingObjects == 0)
        // No row of its own but the correction.
        #expect(try await store.ledgerRows(limit: 10).items.map(\.charge.requests) == [1, 0])
        try await store.expectThatLedgerAddsUp()
        pass(seconds: 3600)
        try await follower.turn()
        #expect(upstreams.takeAsked().isEmpty)
    }

    @Test func `what is gone, has no usage to tell, or is not done in two days stays at its reservation`()
        async throws
    {
        try await begin(["resp_1", "resp_2", "resp_3"])
        let upstreams = Upstreams()
        upstreams.set("/responses/resp_1", .gone)
        upstreams.set("/responses/resp_2", .endedUntold)
        let follower = follower(upstreams)
        pass(seconds: 10)
        try await follower.turn()
        #expect(metrics.snapshot.abandoned == 2 && metrics.snapshot.pendingObjects == 1)
        _ = upstreams.takeAsked()
        for _ in 2...ObjectSchedule.limit {
            pass(seconds: 600)
            try await follower.turn()
            #expect(upstreams.takeAsked() == ["/responses/resp_3"])
        }
        #expect(metrics.snapshot.abandoned == 3 && metrics.snapshot.pendingObjects == 0)
        pass(seconds: 600)
        try await follower.turn()
        #expect(upstreams.takeAsked().isEmpty)
        #expect(try await store.ledgerRows(limit: 10).items.map(\.charge.tokens) == [5000, 5000, 5000])
    }

    @Test func `no jump of the clock gives up what is pending`() async throws {
        try await begin(["resp_1"])
        let upstreams = Upstreams()
        let follower = follower(upstreams)
        for days in [30, -60, 30] as [Int64] {
            pass(seconds: days * 86_400 + 600)
            try await follower.turn()
            #expect(upstreams.takeAsked() == ["/responses/resp_1"])
        }
        #expect(metrics.snapshot.abandoned == 0 && metrics.snapshot.pendingObjects == 1)
        upstreams.set(
            "/responses/resp_1",
            .ended(
                ObjectEnd(
                    usage: Usage(prompt: 100, completion: 20), accuracy: .exact, modelAnswered: nil, tier: nil
                )))
        pass(seconds: 600)
        try await follower.turn()
        #expect(try await store.ledgerRows(limit: 10).items.reduce(0) { $0 + $1.charge.tokens } == 120)
    }

    @Test func `what cannot be asked for is given up after as long`() async throws {
        try await begin(["../files"])
        let upstreams = Upstreams()
        let follower = follower(upstreams)
        for _ in 1...ObjectSchedule.limit {
            #expect(metrics.snapshot.abandoned == 0)
            pass(seconds: 600)
            try await follower.turn()
        }
        #expect(upstreams.takeAsked().isEmpty && metrics.snapshot.abandoned == 1)
        #expect(try await store.pendingObjectCount() == 0)
    }

    @Test func `four are asked for at once, and a turn asks for each once`() async throws {
        try await begin((1...11).map { "resp_\($0)" })
        let permits = Events<Void>()
        let upstreams = Upstreams(permits: permits)
        let follower = follower(upstreams)
        pass(seconds: 10)
        async let turn: Void = follower.turn()
        for _ in 0..<4 { _ = await upstreams.begun.next() }
        #expect(upstreams.state.withLock { $0.running } == 4)
        for _ in 0..<11 { permits.send(()) }
        try await turn
        #expect(upstreams.state.withLock { $0.most } == 4)
        #expect(Set(upstreams.takeAsked()).count == 11)
        #expect(try await store.pendingObjectCount() == 11)
    }

    @Test func `an upstream that does not answer holds up nobody else's`() async throws {
        try await begin((1...20).map { "resp_\($0)" })
        let other = try #require(ProjectID("proj_bbbbbbbbbbbb"))
        try await begin(["other_1"], of: other, from: 1000)
        let upstreams = Upstreams()
        for number in 1...20 { upstreams.set("/responses/resp_\(number)", .unanswered) }
        let follower = follower(upstreams)
        pass(seconds: 10)
        try await follower.turn()
        let asked = upstreams.takeAsked()
        #expect(asked.count <= 2 * ObjectFollower.concurrency && asked.contains("/responses/other_1"))
        // All of them wait for their next turn.
        try await follower.turn()
        #expect(upstreams.takeAsked().isEmpty)
    }

    @Test func `a store that cannot be written is told, and it goes on`() async throws {
        try await begin(["resp_1"])
        try await store.set("query_only = 1")
        let upstreams = Upstreams()
        let pauses = Events<Duration>()
        let resumes = Events<Void>()
        let follower = ObjectFollower(
            store: store, inquiry: upstreams,
            books: ObjectFollower.Books(
                quotas: quotas, metrics: metrics, makeID: { LedgerID(generation: 1, sequence: 100) },
                noteCharged: { _ in }),
            logger: log.logger,
            clock: ObjectFollower.Clock(
                now: { [clock] in clock.now },
                pause: { duration in
                    pauses.send(duration)
                    _ = await resumes.next()
                }))
        pass(seconds: 10)
        let running = Task { await follower.run() }
        #expect(await pauses.next() == ObjectFollower.longestPause)
        #expect(upstreams.takeAsked() == ["/responses/resp_1"])
        #expect(log.all.contains { $0.hasPrefix("warning: background work cannot be followed") })
        try await store.set("query_only = 0")
        resumes.send(())
        #expect(await pauses.next() == ObjectFollower.longestPause)
        #expect(upstreams.takeAsked() == ["/responses/resp_1"])
        running.cancel()
        resumes.send(())
        await running.value
    }
}
