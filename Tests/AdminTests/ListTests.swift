import Domain
import Foundation
import HTTPTypes
import Storage
import Synchronization
import Testing

@testable import Admin

@Suite struct ListTests {
    private func page<Item: Codable & Sendable>(
        _ fixture: AdminFixture, _ path: String, of _: Item.Type
    ) async throws -> PageResource<Item> {
        let answer = try await fixture.send(.get, path)
        #expect(answer.status == 200, "\(path): \(answer.text)")
        return try answer.decoded()
    }

    private func names(_ fixture: AdminFixture, _ query: String) async throws -> [String] {
        try await page(fixture, "/manage/projects?\(query)", of: ProjectResource.self).items.map(\.name)
    }

    private func projects(_ names: String...) async throws -> AdminFixture {
        let fixture = try await AdminFixture()
        fixture.state.tick.withLock { $0 = 10 }
        for name in names { try await fixture.project(name) }
        return fixture
    }

    @Test func `projects are filtered by state and searched by name or id`() async throws {
        let fixture = try await projects("blue", "red", "dark-blue", "b_l")
        _ = try await fixture.send(.patch, "/manage/projects/red", #"{"state":"disabled"}"#)
        #expect(try await names(fixture, "") == ["b_l", "dark-blue", "red", "blue"])
        #expect(try await names(fixture, "state=disabled") == ["red"])
        #expect(try await names(fixture, "state=active&q=BLUE") == ["dark-blue", "blue"])
        #expect(try await names(fixture, "q=b_l") == ["b_l"])
        #expect(try await names(fixture, "q=%25") == [])
        let red: ProjectResource = try await fixture.send(.get, "/manage/projects/red").decoded()
        #expect(try await names(fixture, "q=\(red.id)") == ["red"])
    }

    @Test(arguments: [
        ("name", ["a", "b", "c", "d"]), ("-name", ["d", "c", "b", "a"]),
        ("created_at", ["c", "a", "d", "b"]), ("-created_at", ["b", "d", "a", "c"]),
    ])
    func `a list is sorted, and its pages follow on each other`(_ sort: String, _ expected: [String])
        async throws
    {
        let fixture = try await projects("c", "a", "d", "b")
        #expect(try await names(fixture, "sort=\(sort)") == expected)
        var found: [String] = []
        var cursor: String? = ""
        while let next = cursor {
            let query = "sort=\(sort)&limit=1" + (next.isEmpty ? "" : "&cursor=\(next)")
            let page = try await page(fixture, "/manage/projects?\(query)", of: ProjectResource.self)
            found += page.items.map(\.name)
            cursor = page.nextCursor
        }
        #expect(found == expected)
    }

    @Test func `a cursor stays where it is when the item in front of it is renamed`() async throws {
        let fixture = try await projects("a", "b", "c")
        let first = try await page(
            fixture, "/manage/projects?sort=name&limit=2", of: ProjectResource.self)
        _ = try await fixture.send(.patch, "/manage/projects/b", #"{"name":"z"}"#)
        let cursor = try #require(first.nextCursor)
        #expect(try await names(fixture, "sort=name&cursor=\(cursor)") == ["c", "z"])
    }

    @Test func `management keys are filtered by role and by whether they are revoked`() async throws {
        let fixture = try await AdminFixture()
        func names(_ query: String) async throws -> [String] {
            try await page(fixture, "/manage/keys?\(query)", of: ManagementKeyResource.self).items.map(\.name)
        }
        for name in ["ci: blue", "ci: red"] {
            let made: ManagementKeyResource = try await fixture.send(
                .post, "/manage/keys", #"{"name":"\#(name)","role":"read"}"#
            ).decoded()
            guard name == "ci: red" else { continue }
            _ = try await fixture.send(.post, "/manage/keys/\(made.id)/revoke")
        }
        #expect(try await names("role=read&sort=name") == ["ci: blue", "ci: red"])
        #expect(try await names("revoked=true") == ["ci: red"])
        #expect(try await names("revoked=false&sort=-name") == ["first", "ci: blue"])
        #expect(try await names("q=CI&role=admin") == [])
        let first = try await page(
            fixture, "/manage/keys?sort=name&limit=1", of: ManagementKeyResource.self)
        let cursor = try #require(
            first.nextCursor?.addingPercentEncoding(withAllowedCharacters: .alphanumerics))
        #expect(try await names("sort=name&cursor=\(cursor)") == ["ci: red", "first"])
    }

    @Test func `access tokens are sorted by name, and filtered with that`() async throws {
        let fixture = try await projects("acme", "other")
        for (project, name) in [("acme", "c: x"), ("acme", "a"), ("other", "b"), ("acme", "c: y")] {
            let body = #"{"project":"\#(project)","name":"\#(name)","expires_in":60}"#
            #expect(try await fixture.send(.post, "/manage/tokens", body).status == 201)
        }
        func names(_ query: String) async throws -> [String] {
            try await page(fixture, "/manage/tokens?\(query)", of: AccessTokenResource.self).items.map(\.name)
        }
        #expect(try await names("sort=name") == ["a", "b", "c: x", "c: y"])
        #expect(try await names("sort=-name&project=acme&status=active") == ["c: y", "c: x", "a"])
        #expect(try await names("sort=created_at") == ["c: x", "a", "b", "c: y"])
        let first = try await page(
            fixture, "/manage/tokens?sort=name&limit=2&project=acme", of: AccessTokenResource.self)
        let cursor = try #require(first.nextCursor?.replacing(" ", with: "%20"))
        #expect(try await names("sort=name&project=acme&cursor=\(cursor)") == ["c: y"])
        #expect(try await names("sort=-name&cursor=\(cursor)") == ["b", "a"])
    }

    @Test func `access tokens are sorted by when they expire and were used, page by page`() async throws {
        let fixture = try await projects("acme")
        let project = try #require(
            ProjectID(try await fixture.send(.get, "/manage/projects/acme").decoded(ProjectResource.self).id))
        var ids: [String: AccessTokenID] = [:]
        for (name, end) in [("a", "60"), ("b", "null"), ("c", "30"), ("d", "60")] {
            let made: AccessTokenResource = try await fixture.send(
                .post, "/manage/tokens", #"{"project":"acme","name":"\#(name)","expires_in":\#(end)}"#
            ).decoded()
            ids[name] = AccessTokenID(made.id)
        }
        let now = fixture.state.now.withLock { $0 }
        for (name, second) in [("c", 1), ("a", 2)] as [(String, Int64)] {
            let id = try #require(ids[name])
            let row = LedgerRow(
                id: LedgerID(generation: 1, sequence: second),
                admittedAt: now.adding(milliseconds: second * 1000),
                project: project, accessToken: id, lineage: id, endpoint: "models", client: .loopback,
                modelAsked: nil,
                priceVersion: 1, accounts: [], outcome: "completed",
                charge: Charge(requests: 1, tokens: 0, cost: .zero), accuracy: .exact)
            _ = try await fixture.store.appendLedger([row])
        }
        func names(_ sort: String) async throws -> [String] {
            var (names, cursor): ([String], String?) = ([], nil)
            repeat {
                let query = "sort=\(sort)&limit=1" + (cursor.map { "&cursor=\($0)" } ?? "")
                let page = try await page(fixture, "/manage/tokens?\(query)", of: AccessTokenResource.self)
                names += page.items.map(\.name)
                cursor = page.nextCursor
            } while cursor != nil
            return names
        }
        #expect(try await names("expires_at") == ["c", "a", "d", "b"])
        #expect(try await names("-expires_at") == ["b", "d", "a", "c"])
        #expect(Array(try await names("last_used_at").suffix(2)) == ["c", "a"])
        #expect(Array(try await names("-last_used_at").prefix(2)) == ["a", "c"])
        #expect(Set(try await names("last_used_at")).count == 4)
    }

    @Test func `invitations, alarms and the audit are sorted, either way and page by page`() async throws {
        let fixture = try await projects("acme")
        for (name, seconds) in [("b", 900), ("a", 90), ("c", 300)] {
            let body = #"{"project":"acme","name":"\#(name)","expires_in":\#(seconds),"token_expires_in":60}"#
            #expect(try await fixture.send(.post, "/manage/invitations", body).status == 201)
        }
        func invitations(_ query: String) async throws -> [String] {
            try await page(fixture, "/manage/invitations?\(query)", of: InvitationResource.self).items.map(
                \.name)
        }
        #expect(try await invitations("") == ["c", "a", "b"])
        #expect(try await invitations("sort=name") == ["a", "b", "c"])
        #expect(try await invitations("sort=-expires_at") == ["b", "c", "a"])
        #expect(try await invitations("q=A&sort=created_at") == ["a"])
        let first = try await page(
            fixture, "/manage/invitations?sort=expires_at&limit=1", of: InvitationResource.self)
        let cursor = try #require(first.nextCursor)
        #expect(try await invitations("sort=expires_at&cursor=\(cursor)") == ["c", "b"])

        for _ in 0..<3 { #expect(try await fixture.send(.post, "/manage/alarms/test").status == 202) }
        func alarms(_ query: String) async throws -> [String] {
            try await page(fixture, "/manage/alarms?\(query)", of: AlarmResource.self).items.map(\.id)
        }
        let newest = try await alarms("")
        #expect(newest.count == 3 && Set(newest).count == 3)
        #expect(try await alarms("sort=-at") == newest)
        #expect(try await alarms("sort=at") == newest.reversed())
        #expect(try await alarms("sort=at&cursor=\(newest[2])") == [newest[1], newest[0]])

        func audit(_ query: String) async throws -> [Int64] {
            try await page(fixture, "/manage/audit?\(query)", of: AuditEventResource.self).items.map(\.seq)
        }
        let events = try await audit("sort=seq")
        #expect(events.first == 1 && events == events.sorted() && events.count > 4)
        #expect(try await audit("") == events.reversed())
        #expect(try await audit("sort=-seq") == events.reversed())
        #expect(try await audit("sort=seq&limit=2&cursor=2") == [3, 4])
    }

    @Test func `prices are searched and sorted by model`() async throws {
        let fixture = try await AdminFixture()
        func models(_ query: String) async throws -> [String] {
            let answer = try await fixture.send(.get, "/manage/prices?\(query)")
            #expect(answer.status == 200)
            return try answer.decoded(PriceListResource.self).items.map(\.model)
        }
        let found = try await models("q=GPT-4.1&limit=500")
        #expect(found.count > 1 && found.allSatisfy { $0.contains("gpt-4.1") } && found == found.sorted())
        #expect(try await models("q=gpt-4.1&sort=-model&limit=500") == found.reversed())
        let last = try #require(found.last)
        #expect(
            try await models("q=gpt-4.1&sort=-model&limit=500&cursor=\(last)") == found.dropLast().reversed())
    }

    @Test(arguments: [
        ("projects", "state=gone"), ("projects", "sort=state"), ("projects", "sort="),
        ("projects", "limit=0"),
        ("projects", "cursor=x"), ("projects", "sort=name&cursor=x"), ("projects", "colour=red"),
        ("tokens", "sort=owner"), ("tokens", "sort=name&cursor=x"),
        ("keys", "role=root"), ("keys", "revoked=yes"), ("keys", "sort=--name"), ("keys", "cursor=x"),
        ("tokens", "sort=last_used_at&cursor=x:0123456789ab"), ("tokens", "sort=at"),
        ("invitations", "sort=last_used_at"), ("invitations", "cursor=x"), ("alarms", "sort=name"),
        ("alarms", "q=x"), ("audit", "sort=at"), ("audit", "cursor=x"), ("keys", "sort=expires_at"),
        ("projects", "sort=last_used_at"),
        ("prices", "sort=name"), ("prices", "model="), ("prices", "limit=501"),
    ])
    func `a query that is none of the list's is refused`(_ list: String, _ query: String) async throws {
        let fixture = try await AdminFixture()
        let answer = try await fixture.send(.get, "/manage/\(list)?\(query)")
        #expect(answer.status == 422)
        let name = try #require(query.split(separator: "&").last?.split(separator: "=").first)
        #expect(try answer.problem().errors?.map(\.pointer) == ["?\(name)"])
    }
}
