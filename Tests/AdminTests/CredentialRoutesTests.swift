import Domain
import HTTPTypes
import Storage
import Testing

@testable import Admin

@Suite struct CredentialRoutesTests {
    private static let path = "/manage/projects/acme/credentials"

    @Test func `a rotation publishes the new key, and activation the old one again`() async throws {
        let fixture = try await AdminFixture()
        let project = try await fixture.project("acme")
        let id = try #require(ProjectID(project.id))
        func rotate(_ name: String, _ key: String) async throws -> CredentialResource {
            let answer = try await fixture.send(
                .post, Self.path, #"{"name":"\#(name)","key":"\#(key)","overlap_seconds":60}"#)
            #expect(answer.status == 201 && !answer.text.contains(key))
            #expect(fixture.published.events.last == .project(id, .active, key: key))
            return try answer.decoded()
        }
        let first = try await rotate("first", "sk-one")
        let second = try await rotate("second", "sk-two")
        #expect(second.status == "active")
        let list = try await fixture.send(.get, Self.path)
        #expect(!list.text.contains("sk-"))
        let items = try list.decoded(PageResource<CredentialResource>.self).items
        #expect(items.map(\.name) == ["second", "first"] && items.map(\.status) == ["active", "retired"])
        #expect(items.last?.keptUntil == "2027-01-15T08:01:00.000Z")
        let back = try await fixture.send(.post, "\(Self.path)/\(first.id)/activate", "{}")
        #expect(try back.decoded(CredentialResource.self).status == "active")
        #expect(fixture.published.events.last == .project(id, .active, key: "sk-one"))
        #expect(try await fixture.send(.delete, "\(Self.path)/\(first.id)").status == 409)
        #expect(try await fixture.send(.delete, "\(Self.path)/\(second.id)").status == 200)
        #expect(try await fixture.send(.get, "\(Self.path)/\(second.id)").status == 404)
        let shown: ProjectResource = try await fixture.send(.get, "/manage/projects/acme").decoded()
        #expect(shown.credential?.id == first.id)
    }

    @Test(arguments: [
        (#"{"key":"sk-x"}"#, "/name"), (#"{"name":"n"}"#, "/key"), (#"{"name":"n","key":"a b"}"#, "/key"),
        (#"{"name":"n","key":"k","overlap_seconds":-1}"#, "/overlap_seconds"),
    ])
    func `a credential that makes no sense is not kept`(_ json: String, _ pointer: String) async throws {
        let fixture = try await AdminFixture()
        try await fixture.project("acme")
        let answer = try await fixture.send(.post, Self.path, json)
        #expect(try answer.problem().errors?.map(\.pointer) == [pointer])
        let list = try await fixture.send(.get, Self.path)
        #expect(try list.decoded(PageResource<CredentialResource>.self).items.isEmpty)
    }
}
