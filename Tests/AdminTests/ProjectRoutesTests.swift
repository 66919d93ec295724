import Domain
import Foundation
import HTTPTypes
import Storage
import Testing

@testable import Admin

@Suite struct ProjectRoutesTests {
    @Test func `a project is made with its key, which never comes back`() async throws {
        let fixture = try await AdminFixture()
        let answer = try await fixture.send(
            .post, "/manage/projects",
            #"{"name":"acme","upstream_url":"https://api.example/v1","upstream_key":"sk-canary"}"#)
        #expect(answer.status == 201)
        #expect(answer.headers[.cacheControl] == "no-store")
        let project: ProjectResource = try answer.decoded()
        #expect(project.name == "acme")
        #expect(project.upstreamURL == "https://api.example/v1")
        #expect(project.state == "active")
        #expect(project.createdAt == "2027-01-15T08:00:00.000Z")
        let id = try #require(ProjectID(project.id))
        #expect(fixture.published.events == [.project(id, .active, key: "sk-canary")])

        let byName = try await fixture.send(.get, "/manage/projects/acme")
        let byID = try await fixture.send(.get, "/manage/projects/\(project.id)")
        #expect(try byName.decoded() == project)
        #expect(byName.body == byID.body)
        let list = try await fixture.send(.get, "/manage/projects")
        #expect(try list.decoded(PageResource<ProjectResource>.self).items == [project])
        for shown in [answer, byName, list] { #expect(!shown.text.contains("canary")) }
        let events = try await fixture.store.auditEvents(limit: 100)
        #expect(events.map { "\($0)" }.contains { $0.contains("canary") } == false)
    }

    @Test func `without a URL it is OpenAI's, without a key there is none`() async throws {
        let fixture = try await AdminFixture()
        let project: ProjectResource = try await fixture.send(.post, "/manage/projects", #"{"name":"a"}"#)
            .decoded()
        #expect(project.upstreamURL == "https://api.openai.com/v1")
        #expect(project.credential == nil)
    }

    @Test(arguments: [
        (#"{"name":"Acme"}"#, "/name"), (#"{"name":""}"#, "/name"),
        (#"{"name":"a","upstream_url":"ftp://x"}"#, "/upstream_url"),
        (#"{"name":"a","upstream_url":"https://u:p@x"}"#, "/upstream_url"),
        (#"{"name":"a","upstream_key":""}"#, "/upstream_key"),
        (#"{"name":"a","upstream_key":"sk canary"}"#, "/upstream_key"),
        (#"{"name":"a","upstream_key":"sk-canary\n"}"#, "/upstream_key"),
        (#"{"name":"a","state":"active"}"#, "/state"),
    ])
    func `a field that breaks its rule is pointed at, and nothing is made`(_ json: String, _ pointer: String)
        async throws
    {
        let fixture = try await AdminFixture()
        let answer = try await fixture.send(.post, "/manage/projects", json)
        #expect(answer.status == 422)
        #expect(try answer.problem().errors?.map(\.pointer) == [pointer])
        #expect(!answer.text.contains("canary"))
        #expect(fixture.published.events.isEmpty)
        #expect(try await fixture.store.listProjects(limit: 10).items.isEmpty)
    }

    @Test func `a name that is taken is a conflict`() async throws {
        let fixture = try await AdminFixture()
        try await fixture.project("acme")
        let answer = try await fixture.send(.post, "/manage/projects", #"{"name":"acme"}"#)
        #expect(answer.status == 409)
        #expect(try answer.problem().errors?.map(\.pointer) == ["/name"])
        #expect(fixture.published.events.count == 1)
    }

    @Test func `a change is published with the whole project, an archived one changes no more`() async throws
    {
        let fixture = try await AdminFixture()
        let id = try #require(ProjectID(try await fixture.project("acme").id))
        let disabled = try await fixture.send(.patch, "/manage/projects/acme", #"{"state":"disabled"}"#)
        #expect(try disabled.decoded(ProjectResource.self).state == "disabled")
        let renamed = try await fixture.send(
            .patch, "/manage/projects/acme", #"{"name":"acme-2","state":"archived"}"#)
        #expect(try renamed.decoded(ProjectResource.self).name == "acme-2")
        #expect(
            fixture.published.events.dropFirst()
                == [.project(id, .disabled, key: nil), .project(id, .archived, key: nil)])
        let again = try await fixture.send(.patch, "/manage/projects/acme-2", #"{"state":"active"}"#)
        #expect(again.status == 409)
        #expect(fixture.published.events.count == 3)
        #expect(try await fixture.send(.get, "/manage/projects/acme").status == 404)
    }

    @Test func `a key is never sent to another server than it was given for`() async throws {
        let fixture = try await AdminFixture()
        _ = try await fixture.send(
            .post, "/manage/projects",
            #"{"name":"acme","upstream_url":"https://one.example/v1","upstream_key":"sk-one"}"#)
        let id = try await fixture.control.project("acme").id
        let away = #""upstream_url":"https://two.example/v1""#
        let refused = try await fixture.send(.patch, "/manage/projects/acme", "{\(away)}")
        #expect(refused.status == 409)
        #expect(try refused.problem().errors?.map(\.pointer) == ["/upstream_key"])
        #expect(fixture.published.events.count == 1)

        let samePlace = try await fixture.send(
            .patch, "/manage/projects/acme", #"{"upstream_url":"https://one.example/other"}"#)
        #expect(samePlace.status == 200)
        let moved = try await fixture.send(
            .patch, "/manage/projects/acme", "{\(away),\"upstream_key\":\"sk-two\"}")
        #expect(try moved.decoded(ProjectResource.self).state == "active")
        #expect(fixture.published.events.last == .project(id, .active, key: "sk-two"))
    }

    @Test func `a move that cannot be made leaves the project and its key as they were`() async throws {
        let fixture = try await AdminFixture()
        try await fixture.project("taken")
        _ = try await fixture.send(
            .post, "/manage/projects",
            #"{"name":"acme","upstream_url":"https://one.example/v1","upstream_key":"sk-one"}"#)
        let before = try await fixture.send(.get, "/manage/projects/acme").body
        let refused = try await fixture.send(
            .patch, "/manage/projects/acme",
            #"{"name":"taken","upstream_url":"https://two.example","upstream_key":"sk-two"}"#)
        #expect(refused.status == 409)
        #expect(try refused.problem().errors?.map(\.pointer) == ["/name"])
        #expect(try await fixture.send(.get, "/manage/projects/acme").body == before)
        #expect(fixture.published.events.count == 2)
        #expect(try await fixture.store.auditEvents(limit: 10).count == 4)
    }

    @Test func `a credential is replaced, and only told of`() async throws {
        let fixture = try await AdminFixture()
        let project = try await fixture.project("acme")
        let answer = try await fixture.send(.put, "/manage/projects/acme/credential", #"{"key":"sk-canary"}"#)
        #expect(answer.status == 200)
        #expect(!answer.text.contains("canary"))
        let credential: CredentialResource = try answer.decoded()
        let shown: ProjectResource = try await fixture.send(.get, "/manage/projects/acme").decoded()
        #expect(shown.credential == credential)
        let id = try #require(ProjectID(project.id))
        #expect(fixture.published.events.last == .project(id, .active, key: "sk-canary"))
        #expect(try await fixture.send(.get, "/manage/projects/acme/credential").status == 405)
    }

    @Test func `a list comes in pages, each project once`() async throws {
        let fixture = try await AdminFixture()
        for index in 0..<7 { try await fixture.project("p\(index)") }
        var names: [String] = []
        var cursor: String?
        repeat {
            let query = cursor.map { "&cursor=\($0)" } ?? ""
            let page: PageResource<ProjectResource> =
                try await fixture.send(.get, "/manage/projects?limit=3\(query)").decoded()
            #expect(page.items.count <= 3)
            names += page.items.map(\.name)
            cursor = page.nextCursor
        } while cursor != nil
        #expect(names.sorted() == (0..<7).map { "p\($0)" })
        for query in ["limit=0", "limit=501", "limit=x", "cursor=x", "other=1", "limit=1&limit=2"] {
            let answer = try await fixture.send(.get, "/manage/projects?\(query)")
            #expect(answer.status == 422, "\(query)")
        }
    }

    @Test func `a body that is too large or no JSON is refused`() async throws {
        let fixture = try await AdminFixture()
        let large = #"{"name":"\#(String(repeating: "a", count: 1 << 20))"}"#
        #expect(try await fixture.send(.post, "/manage/projects", large).status == 413)
        #expect(try await fixture.send(.post, "/manage/projects", "{").status == 400)
        #expect(try await fixture.send(.post, "/manage/projects", nil).status == 415)
    }
}
