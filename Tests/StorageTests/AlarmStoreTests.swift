import Domain
import Storage
import Testing

@Suite struct AlarmStoreTests {
    private func record(_ alarm: Alarm) -> AlarmRecord { AlarmRecord(alarm, id: .random()) }

    private func tests(_ count: Int, at now: Timestamp) -> [AlarmRecord] {
        (0..<count).map { record(.test(by: .console, at: now.adding(milliseconds: Int64($0)))) }
    }

    @Test func `the queue outlives the process, oldest attempt first, until each is delivered`() async throws
    {
        let fixture = try Fixture()
        let now = fixture.now
        var waiting = tests(3, at: now)
        do {
            let store = try await fixture.create()
            #expect(try await store.recordAlarms(waiting) == 3)
            try store.close()
        }
        let store = try Store.open(fixture.folder)
        let later = now.adding(milliseconds: 10)
        #expect(try await store.dueAlarms(at: later, limit: 9).map(\.id) == waiting.map(\.id))
        #expect(try await store.dueAlarms(at: now, limit: 9).map(\.id) == [waiting[0].id])
        waiting[0].noteFailure("no", at: later)
        try await store.updateAlarm(waiting[0])
        waiting[1].noteDelivery(at: later)
        try await store.updateAlarm(waiting[1])
        #expect(try await store.dueAlarms(at: later, limit: 9).map(\.id) == [waiting[2].id])
        let due = try await store.dueAlarms(at: later.adding(milliseconds: 1000), limit: 9)
        #expect(due.map(\.id) == [waiting[2].id, waiting[0].id])
        #expect(due.last?.attempts == 1 && due.last?.lastError == "no")
        #expect(try await store.waitingAlarms() == 2)
        // What is delivered stays so.
        waiting[1].noteFailure("no", at: later)
        try await store.updateAlarm(waiting[1])
        #expect(try await store.listAlarms(AlarmFilter(state: .delivered), limit: 9).items.count == 1)
    }

    @Test func `the same alarm is kept once while it is to be quiet`() async throws {
        let fixture = try Fixture()
        let store = try await fixture.create()
        let id = ProjectID(unchecked: "proj_000000000001")
        func refused(_ seconds: Int64) -> Alarm {
            .upstreamKeyRefused(id, at: fixture.now.adding(milliseconds: seconds * 1000))
        }
        #expect(try await store.isTold(refused(0)) == false)
        #expect(try await store.recordAlarms([record(refused(0)), record(refused(1))]) == 1)
        #expect(try await store.isTold(refused(3599)))
        #expect(try await store.recordAlarms([record(refused(3599))]) == 0)
        #expect(try await store.recordAlarms([record(refused(3600))]) == 1)
    }

    @Test func `too many that wait are dropped, the oldest first, and the oldest of all are forgotten`()
        async throws
    {
        let fixture = try Fixture()
        let store = try await fixture.create()
        let all = tests(10, at: fixture.now)
        try await store.recordAlarms(all)
        #expect(try await store.endWaiting(but: 10, as: .dropped) == 0)
        #expect(try await store.endWaiting(but: 7, as: .dropped) == 3)
        let dropped = try await store.listAlarms(AlarmFilter(state: .dropped), limit: 99).items
        #expect(dropped.map(\.id) == all.prefix(3).map(\.id).reversed())
        try await store.forgetAlarms(but: 8)
        let left = try await store.listAlarms(AlarmFilter(), limit: 99).items
        #expect(left.map(\.id) == all.suffix(8).map(\.id).reversed())
        let page = try await store.listAlarms(AlarmFilter(), after: ListPlace(left[2].id), limit: 2)
        #expect(page.items.map(\.id) == left[3...4].map(\.id) && page.hasMore)
        #expect(try await store.listAlarms(AlarmFilter(kind: .spendSpeed), limit: 9).items.isEmpty)
    }

    @Test func `what is revoked as leaked has its alarm in the same change, and only once`() async throws {
        let fixture = try Fixture()
        let store = try await fixture.create()
        let project = try fixture.project()
        _ = try await store.createProject(
            project, credential: nil, by: ChangeContext(by: fixture.operatorKey, at: fixture.now))
        let token = try fixture.accessToken(of: project)
        try await store.issueAccessToken(token, by: ChangeContext(by: fixture.operatorKey, at: fixture.now))
        var leaked = LeakedRecords()
        leaked.accessTokens = [token]
        for second in 0..<2 {
            let now = fixture.now.adding(milliseconds: Int64(second) * 1000)
            _ = try await store.revokeLeaked(leaked, by: ChangeContext(by: .github, at: now))
            let told = record(.leakedTokenRevoked(token.id, project: project.id, by: .github, at: now))
            #expect(try await store.recordAlarms([told]) == 0)
        }
        let alarms = try await store.listAlarms(AlarmFilter(), limit: 9).items
        #expect(alarms.map(\.kind) == [.leakedTokenRevoked])
        #expect(alarms.first?.project == project.id && alarms.first?.subject == token.id.rawValue)
    }

    @Test func `a used honey token's alarm knows its project`() async throws {
        let fixture = try Fixture()
        let store = try await fixture.create()
        let project = try fixture.project()
        _ = try await store.createProject(
            project, credential: nil, by: ChangeContext(by: fixture.operatorKey, at: fixture.now))
        var token = try fixture.accessToken(of: project)
        token.isHoney = true
        try await store.issueAccessToken(token, by: ChangeContext(by: fixture.operatorKey, at: fixture.now))
        let raised = record(.honeyTokenUsed(token.id, count: 2, from: nil, at: fixture.now))
        #expect(try await store.recordAlarms([raised]) == 1)
        try await store.recordHoneyUse(token.id, count: 2, from: nil, at: fixture.now)
        let alarms = try await store.listAlarms(AlarmFilter(project: project.id), limit: 9).items
        #expect(alarms.map(\.id) == [raised.id])
    }

    @Test func `access tokens about to expire are found once, and again with another expiry`() async throws {
        let fixture = try Fixture()
        let store = try await fixture.create()
        let (day, now) = (Int64(86_400_000), fixture.now)
        func at(_ days: Int64) -> Timestamp { now.adding(milliseconds: days * day) }
        let project = try fixture.project()
        let closed = try fixture.project("closed")
        for project in [project, closed] {
            _ = try await store.createProject(
                project, credential: nil, by: ChangeContext(by: fixture.operatorKey, at: now))
        }
        let soon = try fixture.accessToken(of: project, at: at(-30), expiresAt: at(3))
        let others = [
            try fixture.accessToken(of: project, at: at(-30), expiresAt: at(8)),
            try fixture.accessToken(of: project, at: at(-30), expiresAt: nil),
            try fixture.accessToken(of: project, at: at(-1), expiresAt: at(1)),
            try fixture.accessToken(of: closed, at: at(-30), expiresAt: at(3)),
        ]
        let revoked = try fixture.accessToken(of: project, at: at(-30), expiresAt: at(3))
        for token in [soon, revoked] + others {
            try await store.issueAccessToken(token, by: ChangeContext(by: fixture.operatorKey, at: now))
        }
        _ = try await store.revokeAccessToken(revoked.id, by: ChangeContext(by: fixture.operatorKey, at: now))
        _ = try await store.updateProject(
            closed.id, ProjectChange(state: .disabled), by: ChangeContext(by: fixture.operatorKey, at: now))

        func found() async throws -> [AccessTokenID] {
            try await store.expiringAccessTokens(at: now, within: 7 * day, limit: 9).map(\.id)
        }
        #expect(try await found() == [soon.id])
        try await store.recordAlarms([
            record(.tokenExpiring(soon.id, project: project.id, expiresAt: at(3), at: now))
        ])
        #expect(try await found() == [])
        _ = try await store.updateAccessToken(
            soon.id, AccessTokenChange(lifetime: .until(at(4))),
            by: ChangeContext(by: fixture.operatorKey, at: now))
        #expect(try await found() == [soon.id])
    }

    @Test func `a test alarm is audited, and waits`() async throws {
        let fixture = try Fixture()
        let store = try await fixture.create()
        let alarm = try await store.testAlarm(by: ChangeContext(by: fixture.operatorKey, at: fixture.now))
        #expect(try await store.dueAlarms(at: fixture.now, limit: 9).map(\.id) == [alarm.id])
        let event = try await store.auditEvents(limit: 99).last?.event
        #expect(event?.action == .alarmTested && event?.subject == alarm.id.rawValue)
        #expect(event?.principal == fixture.operatorKey)
    }
}
