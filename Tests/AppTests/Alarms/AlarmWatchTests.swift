import Domain
import Gateway
import Storage
import Synchronization
import Testing

@testable import App

@Suite struct AlarmWatchTests {
    @Test func `a quota is told of at 80 and at 100 percent, once each`() async throws {
        let fixture = try await AlarmFixture()
        let book = QuotaBook(defaultPeriods: try #require(CalendarPeriods(timeZone: "UTC")).rule)
        let subject = LimitSubject.lineage(fixture.files.lineage, of: fixture.files.project)
        let moment = QuotaMoment(wall: fixture.now, nanoseconds: 1)
        let limit = try Limit(parsing: "requests=10/lifetime")
        book.setLimits([LimitRecord(account: 1, limit: limit, start: fixture.now)], of: subject, at: moment)
        let desk = fixture.desk()
        let watch = QuotaWatch(book, alarms: desk)
        let lineage = book.lineage(fixture.files.lineage, of: fixture.files.project)
        let one = Charge(requests: 1, tokens: 0, cost: .zero)
        var told: [[AlarmKind]] = []
        for _ in 1...10 {
            let reservation = try #require(try lineage.reserve(one, model: nil, at: moment))
            reservation.settle(one, at: moment.nanoseconds)
            watch.note([subject])
            watch.look(at: moment)
            watch.look(at: moment)
            await desk.record()
            told.append(try await fixture.kept().map(\.kind))
        }
        #expect(told[6] == [])
        #expect(told[7] == [.quotaWarning] && told[8] == [.quotaWarning])
        #expect(Set(told[9]) == [.quotaWarning, .quotaExhausted] && told[9].count == 2)
        // A process that knows nothing of it finds that it was told.
        let next = fixture.desk()
        let nextWatch = QuotaWatch(book, alarms: next)
        nextWatch.note([subject])
        nextWatch.look(at: moment)
        await next.record()
        #expect(try await fixture.kept().count == 2)
    }

    @Test func `those alone are looked at to whom something was charged`() async throws {
        let fixture = try await AlarmFixture()
        let book = QuotaBook(defaultPeriods: try #require(CalendarPeriods(timeZone: "UTC")).rule)
        let moment = QuotaMoment(wall: fixture.now, nanoseconds: 1)
        let limit = try Limit(parsing: "requests=10/lifetime")
        let spent = LimitRecord(account: 1, limit: limit, start: fixture.now, used: 10)
        book.setLimits([spent], of: .project(fixture.files.project), at: moment)
        let watch = QuotaWatch(book, alarms: fixture)
        watch.note([])
        watch.look(at: moment)
        #expect(fixture.raised.isEmpty)
        watch.note([.lineage(fixture.files.lineage, of: fixture.files.project)])
        watch.look(at: moment)
        #expect(fixture.raised.map(\.kind) == [.quotaExhausted])
    }

    @Test(arguments: [("9223372036854775807", 1), ("-9223372036854775808", 0), ("9.3e18", 1)])
    func `whatever the sums say, what is spent is looked at, and no number ends the process`(
        value: String, alarms: Int
    ) async throws {
        let fixture = try await AlarmFixture()
        try await fixture.spend(1, minutesAgo: 1, sequence: 1)
        try await fixture.spend(1, minutesAgo: 20, sequence: 2)
        for table in ["usage_rollups", "project_rollups", "instance_rollups"] {
            try fixture.files.tamper(
                "UPDATE \(table) SET cost = \(value), tokens = \(value), prompt = \(value)")
        }
        let watch = fixture.spendWatch(freezes: false)
        try await watch.look(at: fixture.now)
        #expect(fixture.raised.count == alarms)
        // A project that was made before all time, or will be at the end of it.
        for created in ["-9223372036854775808", "9223372036854775807"] {
            try fixture.files.tamper("UPDATE projects SET created_at = \(created)")
            try await watch.look(at: fixture.now)
        }
    }

    @Test func `who spends ten times the usual is stopped and told of, once, and one call lets them go on`()
        async throws
    {
        let fixture = try await AlarmFixture()
        // 168 dollars in a week.
        for day in 0..<7 {
            try await fixture.spend(24, minutesAgo: 120 + Int64(day) * 1440, sequence: Int64(day))
        }
        let watch = fixture.spendWatch()
        try await fixture.spend(9, minutesAgo: 1, sequence: 100)
        try await watch.look(at: fixture.now)
        #expect(fixture.raised.isEmpty)
        try await fixture.spend(9, minutesAgo: 1, sequence: 101)
        try await watch.look(at: fixture.now)
        let raised = fixture.raised
        #expect(raised.map(\.kind) == [.spendSpeed])
        guard case .spendTooFast(let id, let speed, true, _) = try #require(raised.first) else {
            Issue.record("not frozen")
            return
        }
        #expect(id == fixture.files.project)
        #expect(speed.lastHour == Money("18.00") && speed.usualHour == Money("1.00"))
        #expect(try await fixture.store.project(id)?.state == .disabled)
        let event = try await fixture.store.auditEvents(limit: 99).last?.event
        #expect(event?.principal == .system && event?.action == .projectUpdated)

        // Made active again, it is not stopped again for the same hour.
        _ = try await fixture.store.updateProject(
            id, ProjectChange(state: .active), by: .console(at: fixture.now))
        let desk = fixture.desk()
        for alarm in raised { desk.raise(alarm) }
        await desk.record()
        fixture.pass(seconds: 60)
        try await watch.look(at: fixture.now)
        #expect(fixture.raised.count == 1)
        #expect(try await fixture.store.project(id)?.state == .active)
    }

    @Test func `without a freeze it is only told, and little money is no alarm`() async throws {
        let fixture = try await AlarmFixture()
        try await fixture.spend(1, minutesAgo: 1, sequence: 1)
        try await fixture.spendWatch(freezes: false).look(at: fixture.now)
        #expect(fixture.raised.map(\.kind) == [.spendSpeed])
        #expect(fixture.state.withLock { $0.frozen } == [])
        let poor = try await AlarmFixture()
        try await poor.spend(0, minutesAgo: 1, sequence: 1)
        try await poor.spendWatch().look(at: poor.now)
        #expect(poor.raised.isEmpty)
    }

    @Test func `a clock that is set by more than a minute is told of, and one that runs on is not`() {
        let time = Mutex<Int64>(5_000_000)
        let watch = ClockWatch { time.withLock { $0 } }
        let start = Timestamp(seconds: 1_800_000_000)
        func look(_ milliseconds: Int64, after passed: Int64) -> Int64? {
            time.withLock { $0 = 5_000_000 + passed }
            return watch.look(at: start.adding(milliseconds: milliseconds))
        }
        #expect(look(0, after: 0) == nil)
        #expect(look(1000, after: 1000) == nil)
        #expect(look(86_400_000, after: 86_400_000) == nil, "the system slept")
        #expect(look(86_460_000, after: 86_400_000) == nil)
        #expect(look(86_461_000, after: 86_400_000) == 61)
        #expect(look(86_461_000, after: 86_400_000) == nil)
        #expect(look(0, after: 86_400_000) == -86_461)
    }

    @Test func `a clock that was set is an alarm and a line of the log`() async throws {
        let fixture = try await AlarmFixture()
        let book = QuotaBook(defaultPeriods: try #require(CalendarPeriods(timeZone: "UTC")).rule)
        let watch = AlarmWatch(
            store: fixture.store, alarms: fixture, quotas: QuotaWatch(book, alarms: fixture), spend: nil,
            expiryWarning: nil, ledgerFailure: { nil },
            now: { QuotaMoment(wall: fixture.now, nanoseconds: 1) }, logger: fixture.log.logger,
            clock: ClockWatch { 0 })
        await watch.look(in: 1)
        #expect(fixture.raised.isEmpty)
        fixture.pass(seconds: 86_400)
        await watch.look(in: 2)
        #expect(fixture.raised == [.clockJumped(seconds: 86_400, at: fixture.now)])
        #expect(fixture.raised.first?.details == #"{"seconds":86400}"#)
        #expect(fixture.log.all.contains { $0.contains("clock was set") })
    }

    @Test func `access tokens about to expire are told of`() async throws {
        let fixture = try await AlarmFixture()
        let expiresAt = fixture.now.adding(milliseconds: 86_400_000)
        let token = AccessToken(
            id: fixture.files.accessToken, project: fixture.files.project,
            name: try #require(Label("bob")),
            hash: try #require(CredentialHash(bytes: [UInt8](repeating: 7, count: 32))),
            createdAt: fixture.now.adding(milliseconds: -30 * 86_400_000), expiresAt: expiresAt)
        try await fixture.store.issueAccessToken(token, by: .console(at: fixture.now))
        func watch(_ warning: Duration?) async throws -> AlarmWatch {
            let book = QuotaBook(defaultPeriods: try #require(CalendarPeriods(timeZone: "UTC")).rule)
            return AlarmWatch(
                store: fixture.store, alarms: fixture, quotas: QuotaWatch(book, alarms: fixture), spend: nil,
                expiryWarning: warning, ledgerFailure: { .full },
                now: { QuotaMoment(wall: fixture.now, nanoseconds: 1) }, logger: fixture.log.logger)
        }
        try await watch(nil).lookAtExpiries(at: fixture.now)
        #expect(fixture.raised.isEmpty)
        try await watch(.seconds(7 * 86_400)).lookAtExpiries(at: fixture.now)
        #expect(
            fixture.raised == [
                .tokenExpiring(token.id, project: token.project, expiresAt: expiresAt, at: fixture.now)
            ])
        await (try watch(nil)).look(in: 1)
        #expect(fixture.raised.last == .recordsFailing(.ledger, reason: "full", at: fixture.now))
    }
}
