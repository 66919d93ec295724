import Domain
import HTTPTypes
import Storage
import Synchronization
import Testing

@testable import Admin

@Suite struct AlarmRoutesTests {
    private func list(
        _ fixture: AdminFixture, _ query: String = "", as authorization: String? = nil
    ) async throws -> PageResource<AlarmResource> {
        let answer = try await fixture.send(
            .get, "/manage/alarms" + query, authorization: authorization ?? "Bearer \(fixture.key)")
        #expect(answer.status == 200, "\(answer.text)")
        return try answer.decoded()
    }

    @Test func `alarms are listed newest first, by kind, state and project, page by page`() async throws {
        let fixture = try await AdminFixture()
        let acme = try await fixture.project("acme")
        let other = try await fixture.project("other")
        let now = fixture.state.readClock()
        let ids = try [acme.id, other.id].map { try #require(ProjectID($0)) }
        let alarms: [Alarm] = [
            .upstreamKeyRefused(ids[0], at: now),
            .upstreamKeyRefused(ids[1], at: now.adding(milliseconds: 1)),
            .recordsFailing(.ledger, reason: "full", at: now.adding(milliseconds: 2)),
        ]
        try await fixture.store.recordAlarms(alarms.map { AlarmRecord($0, id: .random()) })
        let all = try await list(fixture)
        #expect(all.items.map(\.subject) == ["ledger", other.id, acme.id] && all.nextCursor == nil)
        #expect(all.items.first?.details["reason"]?.string == "full")
        #expect(all.items.first?.state == "waiting" && all.items.first?.project == nil)
        let first = try await list(fixture, "?limit=2")
        let cursor = try #require(first.nextCursor)
        #expect(try await list(fixture, "?limit=2&cursor=\(cursor)").items.map(\.subject) == [acme.id])
        #expect(try await list(fixture, "?kind=ledger_failing").items.map(\.subject) == ["ledger"])
        #expect(try await list(fixture, "?state=delivered").items.isEmpty)
        #expect(try await list(fixture, "?project=acme").items.map(\.subject) == [acme.id])
        // A key of one project sees that one's alone.
        let key = try await fixture.bearer(.read, project: "acme")
        #expect(try await list(fixture, as: key).items.map(\.subject) == [acme.id])
        let elsewhere = try await fixture.send(.get, "/manage/alarms?project=other", authorization: key)
        #expect(elsewhere.status == 404)
    }

    @Test(arguments: ["?kind=fire", "?state=lost", "?cursor=x", "?colour=red"])
    func `a query that means nothing is refused with its place`(_ query: String) async throws {
        let answer = try await AdminFixture().send(.get, "/manage/alarms" + query)
        #expect(answer.status == 422)
        let name = query.prefix { $0 != "=" }
        #expect(try answer.problem().errors?.map(\.pointer) == [String(name)])
    }

    @Test func `a test alarm waits to be sent, and is audited`() async throws {
        let fixture = try await AdminFixture()
        let answer = try await fixture.send(.post, "/manage/alarms/test")
        #expect(answer.status == 202)
        let alarm: AlarmResource = try answer.decoded()
        #expect(alarm.kind == "test" && alarm.state == "waiting" && alarm.attempts == 0)
        #expect(try await list(fixture, "?state=waiting").items.map(\.id) == [alarm.id])
        let event = try await fixture.store.auditEvents(limit: 1000).last?.event
        #expect(event?.action == .alarmTested && event?.subject == alarm.id)
    }
}
