import Domain
import HTTPTypes
import Storage
import Testing

@testable import Admin

@Suite struct OperatorTests {
    @Test func `a role may all that the one before it may, and the refusal says which role would do`()
        async throws
    {
        let fixture = try await AdminFixture()
        try await fixture.project("acme")
        let body = #"{"project":"acme","name":"bob","expires_in":null}"#
        let read = try await fixture.bearer(.read)
        let refused = try await fixture.send(.post, "/manage/tokens", body, authorization: read)
        #expect(refused.status == 403)
        let problem = try refused.problem()
        #expect(problem.type == "urn:latchkey:problem:forbidden")
        #expect(problem.detail == "This needs the role issue; this management key has read.")
        #expect(try await fixture.store.listAccessTokens(limit: 10).items.isEmpty)
        let issue = try await fixture.bearer(.issue)
        #expect(try await fixture.send(.post, "/manage/tokens", body, authorization: issue).status == 201)
        #expect(try await fixture.send(.get, "/manage/tokens", authorization: issue).status == 200)
        let project = #"{"name":"other","upstream_url":"dummy:"}"#
        #expect(
            try await fixture.send(.post, "/manage/projects", project, authorization: issue).problem().detail
                == "This needs the role admin; this management key has issue.")
    }

    @Test func `a key of one project sees that one only, and the others are not there`() async throws {
        let fixture = try await AdminFixture()
        let acme = try await fixture.project("acme")
        let other = try await fixture.project("other")
        let issued = try await fixture.send(
            .post, "/manage/tokens", #"{"project":"other","name":"eve","expires_in":null}"#)
        let eve = try issued.decoded(AccessTokenResource.self).id
        let own = try await fixture.send(
            .post, "/manage/tokens", #"{"project":"acme","name":"bob","expires_in":null}"#)
        let bob = try own.decoded(AccessTokenResource.self).id
        let bearer = try await fixture.bearer(.admin, project: "acme")
        func ask(_ path: String) async throws -> AdminFixture.Answer {
            try await fixture.send(.get, path, authorization: bearer)
        }

        let projects = try await ask("/manage/projects").decoded(PageResource<ProjectResource>.self)
        #expect(projects.items.map(\.id) == [acme.id] && projects.nextCursor == nil)
        let behind = try await ask("/manage/projects?cursor=\(acme.id)")
        #expect(try behind.decoded(PageResource<ProjectResource>.self).items.isEmpty)
        let tokens = try await ask("/manage/tokens").decoded(PageResource<AccessTokenResource>.self)
        #expect(tokens.items.map(\.id) == [bob])
        for path in [
            "/manage/projects/other", "/manage/projects/\(other.id)", "/manage/tokens?project=other",
            "/manage/tokens/\(eve)",
        ] {
            #expect(try await ask(path).status == 404, "\(path)")
        }
        #expect(try await ask("/manage/projects/other").problem() == ask("/manage/projects/nobody").problem())
        #expect(try await ask("/manage/usage").status == 200)
        for path in ["/manage/usage?project=other", "/manage/usage?token=\(eve)"] {
            #expect(try await ask(path).status == 422, "\(path)")
        }
        for path in ["/manage/keys", "/metrics"] { #expect(try await ask(path).status == 403, "\(path)") }
    }

    @Test func `a key of one project changes nothing elsewhere`() async throws {
        let fixture = try await AdminFixture()
        try await fixture.project("acme")
        try await fixture.project("other")
        let issued = try await fixture.send(
            .post, "/manage/tokens", #"{"project":"other","name":"eve","expires_in":null}"#)
        let eve = try issued.decoded(AccessTokenResource.self).id
        let bearer = try await fixture.bearer(.admin, project: "acme")
        let before = try await fixture.store.auditEvents(limit: 100).count
        func change(_ method: HTTPRequest.Method, _ path: String, _ json: String) async throws -> Int {
            try await fixture.send(method, path, json, authorization: bearer).status
        }
        #expect(try await change(.patch, "/manage/projects/other", #"{"name":"mine"}"#) == 404)
        #expect(try await change(.put, "/manage/projects/other/credential", #"{"key":"sk-x"}"#) == 404)
        #expect(try await change(.post, "/manage/tokens/\(eve)/revoke", "{}") == 404)
        #expect(try await change(.patch, "/manage/tokens/\(eve)", #"{"name":"x"}"#) == 404)
        #expect(
            try await change(.post, "/manage/tokens", #"{"project":"other","name":"x","expires_in":null}"#)
                == 422)
        #expect(try await change(.post, "/manage/keys", #"{"name":"x","role":"admin"}"#) == 403)
        #expect(try await change(.post, "/manage/projects", #"{"name":"x"}"#) == 403)
        #expect(try await change(.put, "/manage/prices/gpt-4.1", #"{"prompt":"1","completion":"1"}"#) == 403)
        #expect(try await fixture.store.auditEvents(limit: 100).count == before)
        #expect(try await change(.patch, "/manage/projects/acme", #"{"time_zone":"UTC"}"#) == 200)
    }

    @Test func `the last key that may do everything cannot be revoked, whatever others there are`()
        async throws
    {
        let fixture = try await AdminFixture()
        try await fixture.project("acme")
        let first = try #require(try await fixture.store.listManagementKeys(limit: 10).items.first)
        _ = try await fixture.bearer(.issue)
        _ = try await fixture.bearer(.admin, project: "acme")
        #expect(try await fixture.send(.post, "/manage/keys/\(first.id)/revoke").status == 409)
        let made = try await fixture.send(.post, "/manage/keys", #"{"name":"k","role":"admin"}"#)
        let other = try made.decoded(ManagementKeyResource.self)
        #expect(other.role == "admin" && other.project == nil)
        #expect(try await fixture.send(.post, "/manage/keys/\(first.id)/revoke").status == 200)
    }

    @Test func `a key's role and project have to be there, and are shown`() async throws {
        let fixture = try await AdminFixture()
        let acme = try await fixture.project("acme")
        for (body, pointer) in [
            (#"{"name":"k"}"#, "/role"), (#"{"name":"k","role":"root"}"#, "/role"),
            (#"{"name":"k","role":"read","project":"nobody"}"#, "/project"),
        ] {
            let answer = try await fixture.send(.post, "/manage/keys", body)
            #expect(answer.status == 422)
            #expect(try answer.problem().errors?.map(\.pointer) == [pointer], "\(body)")
        }
        let made = try await fixture.send(
            .post, "/manage/keys", #"{"name":"k","role":"issue","project":"acme"}"#)
        let key = try made.decoded(ManagementKeyResource.self)
        var shown = try await fixture.send(.get, "/manage/keys/\(key.id)").decoded(ManagementKeyResource.self)
        #expect(shown.key == nil && shown.role == "issue" && shown.project == acme.id)
        shown.key = key.key
        #expect(shown == key)
        #expect(try await fixture.send(.get, "/manage/keys/nobody").status == 404)
    }
}
