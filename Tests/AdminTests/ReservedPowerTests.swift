import Domain
import Foundation
import HTTPTypes
import Storage
import Testing

@testable import Admin

/// What only an operator for all projects may grant or change.
@Suite struct ReservedPowerTests {
    private static let reserved = [
        "organization", "projects", "account", "model_deletion", "realtime", "chatkit", "other",
    ]

    private func token(_ name: String, _ endpoints: String) -> String {
        #"{"project":"acme","name":"\#(name)","expires_in":null,"endpoints":\#(endpoints)}"#
    }

    @Test func `only an admin of all projects grants the account, deletion of models and minted keys`()
        async throws
    {
        let fixture = try await AdminFixture()
        try await fixture.project("acme")
        let issuers = [
            try await fixture.bearer(.issue), try await fixture.bearer(.admin, project: "acme"),
            try await fixture.bearer(.issue, project: "acme"),
        ]
        let before = try await fixture.store.listAccessTokens(limit: 10).items.count
        for bearer in issuers {
            for name in Self.reserved {
                let endpoints = #"["chat_completions","\#(name)"]"#
                let body = token("bob", endpoints)
                let invitation = body.replacing("expires_in", with: "token_expires_in")
                for (path, body) in [("/manage/tokens", body), ("/manage/invitations", invitation)] {
                    let answer = try await fixture.send(.post, path, body, authorization: bearer)
                    #expect(answer.status == 403, "\(path) \(name)")
                    #expect(try answer.problem().detail.contains("admin for all projects"))
                    #expect(try answer.problem().errors?.first?.pointer == "/endpoints")
                }
            }
        }
        #expect(try await fixture.store.listAccessTokens(limit: 10).items.count == before)
        #expect(try await fixture.store.listInvitations(limit: 10).items.isEmpty)
        let plain = token("bob", #"["chat_completions","batches","models"]"#)
        #expect(
            try await fixture.send(.post, "/manage/tokens", plain, authorization: issuers[0]).status == 201)
        for name in Self.reserved {
            #expect(
                try await fixture.send(.post, "/manage/tokens", token(name, #"["\#(name)"]"#)).status == 201)
        }
    }

    @Test func `a token that has such a grant is not changed into more, nor handed out anew`() async throws {
        let fixture = try await AdminFixture()
        try await fixture.project("acme")
        let issued = try await fixture.send(
            .post, "/manage/tokens", token("bob", #"["chat_completions","account"]"#))
        let id = try issued.decoded(AccessTokenResource.self).id
        let bearer = try await fixture.bearer(.issue)
        func status(_ method: HTTPRequest.Method, _ path: String, _ json: String) async throws -> Int {
            try await fixture.send(method, "/manage/tokens/\(id)\(path)", json, authorization: bearer).status
        }
        #expect(try await status(.patch, "", #"{"endpoints":["account","organization"]}"#) == 403)
        #expect(try await status(.post, "/rotate", "{}") == 403)
        let kept = try #require(try await fixture.store.accessToken(AccessTokenID(reference: id)))
        #expect(kept.grants.endpoints == [.chatCompletions, .account] && kept.rotatedTo == nil)
        // What it has already stays; less is always possible, and so is its end.
        #expect(try await status(.patch, "", #"{"name":"eve","endpoints":["account"]}"#) == 200)
        #expect(try await status(.patch, "", #"{"endpoints":["models"]}"#) == 200)
        #expect(try await status(.patch, "", #"{"endpoints":["account"]}"#) == 403)
        #expect(try await status(.post, "/rotate", "{}") == 201)
        let other = try await fixture.send(.post, "/manage/tokens", token("old", #"["realtime"]"#))
        let old = try other.decoded(AccessTokenResource.self).id
        #expect(
            try await fixture.send(.post, "/manage/tokens/\(old)/revoke", "{}", authorization: bearer).status
                == 200)
        let again = try await fixture.send(
            .post, "/manage/tokens/\(old)/reissue", #"{"expires_in":null}"#, authorization: bearer)
        #expect(again.status == 403)
    }

    @Test(arguments: [
        (#"{"limits":[]}"#, "limits"), (#"{"limits":null}"#, "limits"),
        (#"{"limits":["requests=9/day"]}"#, "limits"), (#"{"unpriced_models":"allow"}"#, "unpriced_models"),
        (#"{"unpriced_models":"0/0"}"#, "unpriced_models"), (#"{"time_zone":"Asia/Tokyo"}"#, "time_zone"),
        (#"{"unknown_endpoints":"allow"}"#, "unknown_endpoints"),
        (#"{"upstream_url":"https://evil.example/v1"}"#, "upstream_url"),
        (#"{"upstream_url":"https://good.example.evil.example/v1"}"#, "upstream_url"),
    ])
    func `a project's admin does not lift its limits, nor choose its upstream`(body: String, field: String)
        async throws
    {
        let fixture = try await AdminFixture(upstreamHosts: ["good.example"])
        try await fixture.project("acme")
        let made = try await fixture.send(.patch, "/manage/projects/acme", #"{"limits":["requests=5/day"]}"#)
        #expect(made.status == 200)
        let before = try await fixture.store.auditEvents(limit: 100).count
        let bearer = try await fixture.bearer(.admin, project: "acme")
        let refused = try await fixture.send(.patch, "/manage/projects/acme", body, authorization: bearer)
        #expect(refused.status == 403)
        #expect(try refused.problem().errors?.first?.pointer == "/\(field)")
        #expect(try refused.problem().detail.contains("admin for all projects"))
        for (path, body) in [
            ("top-up", #"{"limit":"requests/day","amount":5}"#), ("reset", #"{"limit":"requests/day"}"#),
        ] {
            let path = "/manage/projects/acme/limits/\(path)"
            #expect(try await fixture.send(.post, path, body, authorization: bearer).status == 403)
        }
        let shown = try await fixture.send(.get, "/manage/projects/acme").decoded(ProjectResource.self)
        #expect(shown.limits.map(\.limit) == ["requests=5/day"] || shown.limits.count == 1)
        #expect(shown.timeZone == "UTC" && shown.unknownEndpoints == "refuse")
        // Only the key was made meanwhile.
        #expect(try await fixture.store.auditEvents(limit: 100).count == before + 1)
    }

    @Test func `a project's admin sets an upstream host of the setting, and whoever is for all sets any`()
        async throws
    {
        let fixture = try await AdminFixture(upstreamHosts: ["good.example"])
        try await fixture.project("acme")
        let bearer = try await fixture.bearer(.admin, project: "acme")
        for url in ["https://good.example/v1", "http://GOOD.example:8080/x", "dummy:"] {
            let body = #"{"upstream_url":"\#(url)","upstream_key":"sk-abcdefgh"}"#
            let answer = try await fixture.send(.patch, "/manage/projects/acme", body, authorization: bearer)
            #expect(answer.status == 200, "\(url)")
        }
        let any = #"{"upstream_url":"https://any.example/v1","upstream_key":"sk-abcdefgh"}"#
        #expect(try await fixture.send(.patch, "/manage/projects/acme", any).status == 200)
        // As it is already, it may be said again.
        #expect(
            try await fixture.send(.patch, "/manage/projects/acme", any, authorization: bearer).status == 200)
        let own =
            #"{"stream_usage":"observe","openai_project":"proj_x","unbounded_output":"refuse","#
            + #""state":"disabled"}"#
        #expect(
            try await fixture.send(.patch, "/manage/projects/acme", own, authorization: bearer).status == 200)
    }

    @Test func `a project says what it passes on, and each change is audited`() async throws {
        let fixture = try await AdminFixture()
        let made = try await fixture.send(
            .post, "/manage/projects",
            #"{"name":"acme","upstream_url":"dummy:","openai_organization":"org-1","#
                + #""unbounded_output":"refuse"}"#
        )
        let project = try made.decoded(ProjectResource.self)
        #expect(project.openAIOrganization == "org-1" && project.openAIProject == nil)
        #expect(project.unboundedOutput == "refuse" && project.unknownEndpoints == "refuse")
        let changed = try await fixture.send(
            .patch, "/manage/projects/acme",
            #"{"openai_organization":null,"openai_project":"proj_2","unknown_endpoints":"allow","#
                + #""unbounded_output":"fit"}"#
        )
        #expect(changed.status == 200)
        let shown = try await fixture.send(.get, "/manage/projects/acme").decoded(ProjectResource.self)
        #expect(shown.openAIOrganization == nil && shown.openAIProject == "proj_2")
        #expect(shown.unboundedOutput == "fit" && shown.unknownEndpoints == "allow")
        let event = try #require(try await fixture.store.auditEvents(limit: 100).last)
        #expect(event.event.action == .projectUpdated)
        let details = event.event.details.map { "\($0)" }.joined()
        for name in ["unbounded_output", "unknown_endpoints", "openai_organization", "openai_project"] {
            #expect(details.contains(name))
        }
        for (body, field) in [
            (#"{"openai_project":"a b"}"#, "openai_project"),
            (#"{"openai_organization":""}"#, "openai_organization"),
            (#"{"openai_organization":"\#(String(repeating: "x", count: 129))"}"#, "openai_organization"),
            (#"{"openai_project":"a\r\nX: y"}"#, "openai_project"),
            (#"{"unbounded_output":"no"}"#, "unbounded_output"),
            (#"{"unknown_endpoints":"maybe"}"#, "unknown_endpoints"),
        ] {
            let answer = try await fixture.send(.patch, "/manage/projects/acme", body)
            #expect(answer.status == 422, "\(body)")
            #expect(try answer.problem().errors?.first?.pointer == "/\(field)")
        }
    }

    @Test func `an access token and an invitation say what becomes of unbounded output`() async throws {
        let fixture = try await AdminFixture()
        try await fixture.project("acme")
        let body = #"{"project":"acme","name":"bob","expires_in":null,"unbounded_output":"refuse"}"#
        let token = try await fixture.send(.post, "/manage/tokens", body).decoded(AccessTokenResource.self)
        #expect(token.unboundedOutput == "refuse")
        let path = "/manage/tokens/\(token.id)"
        #expect(
            try await fixture.send(.get, path).decoded(AccessTokenResource.self).unboundedOutput == "refuse")
        let lifted = try await fixture.send(.patch, path, #"{"unbounded_output":null}"#)
        #expect(try lifted.decoded(AccessTokenResource.self).unboundedOutput == nil)
        #expect(try await fixture.send(.patch, path, #"{"unbounded_output":"x"}"#).status == 422)
        let invited = try await fixture.send(
            .post, "/manage/invitations", body.replacing("expires_in", with: "token_expires_in"))
        #expect(try invited.decoded(InvitationResource.self).unboundedOutput == "refuse")
    }
}
