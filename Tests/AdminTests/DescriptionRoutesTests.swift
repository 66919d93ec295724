import Domain
import HTTPTypes
import Storage
import Testing

@testable import Admin

@Suite struct DescriptionRoutesTests {
    private static let text = "Search team, paid by marketing"

    /// Made without one; its path.
    private func token(in fixture: AdminFixture, _ fields: String = "") async throws -> String {
        let made = try await fixture.send(
            .post, "/manage/tokens", #"{"project":"acme","name":"bob","expires_in":60\#(fields)}"#)
        #expect(made.status == 201)
        return "/manage/tokens/\(try made.decoded(AccessTokenResource.self).id)"
    }

    private func description(of path: String, in fixture: AdminFixture) async throws -> JSONValue? {
        try JSONValue(parsing: Array(try await fixture.send(.get, path).body))["description"]
    }

    @Test func `a project says what it is for, from its making on or later, until that is taken away`()
        async throws
    {
        let fixture = try await AdminFixture()
        let path = "/manage/projects/acme"
        let made = try await fixture.send(
            .post, "/manage/projects",
            #"{"name":"acme","upstream_url":"dummy:","description":"\#(Self.text)"}"#)
        #expect(try made.decoded(ProjectResource.self).description == Self.text)
        _ = try await fixture.send(.patch, path, #"{"time_zone":"Europe/Berlin"}"#)
        #expect(try await description(of: path, in: fixture) == .string(Self.text))
        _ = try await fixture.send(.patch, path, #"{"description":"other"}"#)
        let list = try await fixture.send(.get, "/manage/projects")
        #expect(try list.decoded(PageResource<ProjectResource>.self).items.map(\.description) == ["other"])
        _ = try await fixture.send(.patch, path, #"{"description":null}"#)
        #expect(try await description(of: path, in: fixture) == .null)
        let told = try await fixture.store.auditEvents(limit: 100).map(\.event).filter {
            $0.action == .projectCreated || $0.action == .projectUpdated
        }.map { $0.details.filter { $0.name.hasPrefix("description") }.map(\.value) }
        #expect(told == [[Self.text], [], [Self.text, "other"], ["other", "none"]])
    }

    @Test func `an access token says what it is for, and so does its successor`() async throws {
        let fixture = try await AdminFixture()
        try await fixture.project("acme")
        let path = try await token(in: fixture, #","description":"\#(Self.text)""#)
        #expect(try await description(of: path, in: fixture) == .string(Self.text))
        let rotated = try await fixture.send(.post, path + "/rotate", "{}")
        #expect(try rotated.decoded(AccessTokenResource.self).description == Self.text)
        let bare = try await token(in: fixture)
        #expect(try await description(of: bare, in: fixture) == .null)
        _ = try await fixture.send(.patch, bare, #"{"description":"later"}"#)
        _ = try await fixture.send(.patch, bare, #"{"name":"eve"}"#)
        #expect(try await description(of: bare, in: fixture) == .string("later"))
        _ = try await fixture.send(.patch, bare, #"{"description":null}"#)
        #expect(try await description(of: bare, in: fixture) == .null)
        let told = try await fixture.store.auditEvents(limit: 100).map(\.event).filter {
            $0.action == .tokenUpdated
        }.map { $0.details.filter { $0.name.hasPrefix("description") }.map(\.value) }
        #expect(told == [["none", "later"], [], ["later", "none"]])
    }

    @Test func `a text that breaks the rule is refused, and changes nothing`() async throws {
        let fixture = try await AdminFixture()
        try await fixture.project("acme")
        let token = try await token(in: fixture)
        let long = String(repeating: "x", count: 501)
        for path in ["/manage/projects/acme", token] {
            for text in ["", long, #"a\nb"#, #"\u202e"#] {
                let answer = try await fixture.send(.patch, path, #"{"description":"\#(text)"}"#)
                #expect(answer.status == 422)
                #expect(try answer.problem().errors?.map(\.pointer) == ["/description"])
            }
            #expect(try await description(of: path, in: fixture) == .null)
        }
    }
}
