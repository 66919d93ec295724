import Domain
import Foundation
import HTTPTypes
import Storage
import Testing

@testable import Admin

@Suite struct AuditRoutesTests {
    private func events(_ fixture: AdminFixture, _ query: String) async throws -> [AuditEventResource] {
        let answer = try await fixture.send(.get, "/manage/audit" + query)
        #expect(answer.status == 200, "\(query)")
        return try answer.decoded(PageResource<AuditEventResource>.self).items
    }

    @Test func `events are listed newest first, by page, and say what was before`() async throws {
        let fixture = try await AdminFixture()
        let acme = try await fixture.project("acme")
        _ = try await fixture.send(.patch, "/manage/projects/acme", #"{"state":"disabled"}"#)
        let all = try await events(fixture, "")
        #expect(all.map(\.seq) == [4, 3, 2, 1])
        #expect(all[0].action == "project.update")
        #expect(all[0].details == ["state_before": "active", "state": "disabled"])
        #expect(all[0].subject == acme.id)
        #expect(all[0].hash?.count == 64)
        let first = try await fixture.send(.get, "/manage/audit?limit=3")
        let page = try first.decoded(PageResource<AuditEventResource>.self)
        #expect(page.items.count == 3)
        #expect(
            try await events(fixture, "?limit=3&cursor=\(try #require(page.nextCursor))").map(\.seq) == [1])
    }

    @Test func `filters choose, and a wrong one points at itself`() async throws {
        let fixture = try await AdminFixture()
        let acme = try await fixture.project("acme")
        try await fixture.project("other")
        let issued = try await fixture.send(
            .post, "/manage/tokens", #"{"project":"acme","name":"bob","expires_in":null}"#)
        let bob = try issued.decoded(AccessTokenResource.self).id
        _ = try await fixture.send(.post, "/manage/tokens/\(bob)/revoke")
        #expect(try await events(fixture, "?project=acme").count == 3)
        #expect(try await events(fixture, "?project=\(acme.id)&action=token").count == 2)
        #expect(try await events(fixture, "?action=token.revoke").map(\.subject) == [bob])
        #expect(try await events(fixture, "?action=toke").isEmpty)
        #expect(try await events(fixture, "?subject=\(bob)").count == 2)
        #expect(try await events(fixture, "?principal=console").map(\.seq) == [2, 1])
        #expect(try await events(fixture, "?q=OTHER").map(\.action) == ["project.create"])
        #expect(try await events(fixture, "?q=%25").isEmpty)
        #expect(try await events(fixture, "?from=2027-01-15").count == 4)
        #expect(try await events(fixture, "?to=2027-01-15T08:00:00Z").map(\.seq) == [2, 1])
        for (query, pointer) in [
            ("from=now", "?from"), ("to=x", "?to"), ("project=nobody", "?project"), ("action=", "?action"),
            ("cursor=x", "?cursor"), ("limit=0", "?limit"), ("what=1", "?what"),
            ("from=2027-01-02&to=2027-01-01", "?to"),
        ] {
            let answer = try await fixture.send(.get, "/manage/audit?" + query)
            #expect(answer.status == 422, "\(query)")
            #expect(try answer.problem().errors?.map(\.pointer) == [pointer], "\(query)")
        }
    }

    @Test func `an export has one line for each event, in their order, and no more than was asked for`()
        async throws
    {
        let fixture = try await AdminFixture()
        for number in 0..<1100 {
            try await fixture.store.createProject(
                Project(
                    id: ProjectID(digits: Array(String(format: "%012d", number).utf8)),
                    name: try #require(ProjectName("p\(number)")), upstream: .dummy, state: .active,
                    createdAt: Timestamp(seconds: 1), updatedAt: Timestamp(seconds: 1)),
                by: .console(at: Timestamp(seconds: 1)))
        }
        let answer = try await fixture.send(.get, "/manage/audit/export")
        #expect(answer.status == 200)
        #expect(answer.headers[.contentType] == "application/x-ndjson")
        let lines = try answer.text.split(separator: "\n").map {
            try JSONDecoder().decode(AuditEventResource.self, from: Data($0.utf8))
        }
        #expect(lines.map(\.seq) == Array(1...1102))
        let one = try await fixture.send(.get, "/manage/audit/export?q=%22p1099%22")
        #expect(one.text.split(separator: "\n").count == 1)
    }

    @Test func `the chain is verified by itself and against a head`() async throws {
        let fixture = try await AdminFixture()
        try await fixture.project("acme")
        let head = try await fixture.send(.get, "/manage/audit/head").decoded(AuditHeadResource.self)
        #expect(head.seq == 3)
        for body in [nil, String(decoding: try JSONEncoder().encode(head), as: UTF8.self)] {
            let verdict = try await fixture.send(.post, "/manage/audit/verify", body)
            #expect(verdict.status == 200)
            let decoded = try verdict.decoded(AuditVerdictResource.self)
            #expect(decoded.ok && decoded.checked == 3 && decoded.firstBad == nil && decoded.head == head)
        }
        let later = #"{"seq":4,"hash":"\#(String(repeating: "a", count: 64))"}"#
        let verdict = try await fixture.send(.post, "/manage/audit/verify", later)
            .decoded(AuditVerdictResource.self)
        #expect(!verdict.ok && verdict.firstBad?.seq == 4)
        let bad = try await fixture.send(.post, "/manage/audit/verify", #"{"seq":1,"hash":"x"}"#)
        #expect(try bad.problem().errors?.map(\.pointer) == ["/hash"])
    }

    @Test func `a key of one project sees none of it, and a read key may look`() async throws {
        let fixture = try await AdminFixture()
        try await fixture.project("acme")
        let one = try await fixture.bearer(.admin, project: "acme")
        let read = try await fixture.bearer(.read)
        for path in ["/manage/audit", "/manage/audit/export", "/manage/audit/head"] {
            #expect(try await fixture.send(.get, path, authorization: one).status == 403)
            #expect(try await fixture.send(.get, path, authorization: read).status == 200)
        }
    }
}
