import Domain
import Foundation
import HTTPTypes
import Storage
import Synchronization
import Testing
import Vault

@testable import Admin

@Suite struct InvitationRoutesTests {
    let fixture: AdminFixture

    init() async throws {
        fixture = try await AdminFixture()
        try await fixture.project("acme")
    }

    private func invite(_ rest: String = "") async throws -> InvitationResource {
        let answer = try await fixture.send(
            .post, "/manage/invitations",
            #"{"project":"acme","name":"bob","token_expires_in":60,"limits":["requests=5/day"]\#(rest)}"#)
        #expect(answer.status == 201)
        return try answer.decoded()
    }

    private func claim(_ secret: String) async throws -> AdminFixture.Answer {
        try await fixture.send(.post, "/claim", #"{"secret":"\#(secret)"}"#, authorization: nil)
    }

    private func preview(_ secret: String) async throws -> AdminFixture.Answer {
        try await fixture.send(.post, "/claim/preview", #"{"secret":"\#(secret)"}"#, authorization: nil)
    }

    private func secret(of invitation: InvitationResource) throws -> String {
        let url = try #require(invitation.url)
        #expect(url.hasPrefix("https://llm.example.com/claim#lki_\(invitation.id)_"))
        return try #require(url.split(separator: "#").last.map(String.init))
    }

    @Test func `an invitation mints its access token when it is claimed, and shows it once`() async throws {
        let invitation = try await invite(#","owner":"bob@example.com","labels":{"team":"a"}"#)
        #expect(invitation.status == "open" && invitation.expiresAt == "2027-01-18T08:00:00.000Z")
        let secret = try secret(of: invitation)
        #expect(try await fixture.store.listAccessTokens(limit: 1).items.isEmpty)
        for path in ["/manage/invitations", "/manage/invitations/\(invitation.id)"] {
            let shown = try await fixture.send(.get, path)
            #expect(shown.status == 200 && !shown.text.contains(secret) && !shown.text.contains("\"url\""))
        }
        fixture.state.now.withLock { $0 = $0.adding(milliseconds: 1000) }
        let answer = try await claim(secret)
        #expect(answer.status == 201 && answer.headers[.cacheControl] == "no-store")
        let claimed: ClaimResource = try answer.decoded()
        #expect(claimed.baseURL == "https://llm.example.com/v1" && claimed.project == "acme")
        #expect(claimed.expiresAt == "2027-01-15T08:01:01.000Z")
        let id = try #require(AccessTokenID(claimed.id))
        #expect(
            try await fixture.store.accessToken(id)?.hash
                == fixture.keyRing.hash(Secret(utf8: claimed.token)))
        #expect(fixture.published.events.last == .accessToken(id, isRevoked: false))
        let accessToken: AccessTokenResource = try await fixture.send(.get, "/manage/tokens/\(id)").decoded()
        #expect(accessToken.owner == "bob@example.com" && accessToken.labels == ["team": "a"])
        #expect(accessToken.limits.map(\.limit) == ["requests/day"])
        let shown: InvitationResource = try await fixture.send(
            .get, "/manage/invitations/\(invitation.id)"
        ).decoded()
        #expect(shown.status == "claimed" && shown.tokenID == claimed.id)
        #expect(shown.claimedAt == "2027-01-15T08:00:01.000Z")

        let again = try await claim(secret)
        #expect(again.status == 410 && !again.text.contains(claimed.token))
        #expect(try again.problem().detail.contains("2027-01-15T08:00:01.000Z"))
        #expect(try await fixture.store.listAccessTokens(limit: 10).items.count == 1)
        #expect(
            try await fixture.send(.post, "/manage/invitations/\(invitation.id)/revoke").status == 409)
    }

    @Test func `what is expired or revoked is gone, and what never was is not found`() async throws {
        let revoked = try await invite()
        let answer = try await fixture.send(.post, "/manage/invitations/\(revoked.id)/revoke")
        #expect(try answer.decoded(InvitationResource.self).status == "revoked")
        #expect(try await claim(secret(of: revoked)).status == 410)
        let expired = try await invite(#","expires_in":10"#)
        fixture.state.now.withLock { $0 = $0.adding(milliseconds: 10_000) }
        #expect(try await claim(secret(of: expired)).status == 410)
        #expect(try await claim(fixture.keyRing.mint(.invitation).text.reveal()).status == 404)
        #expect(try await claim("lki_x").status == 404)
        #expect(try await claim(fixture.key).status == 404)
        #expect(try await fixture.store.listAccessTokens(limit: 1).items.isEmpty)
    }

    @Test func `a preview shows what an open invitation is for and who made it, and changes nothing`()
        async throws
    {
        let bearer = try await fixture.bearer(.issue, project: "acme")
        let made = try await fixture.send(
            .post, "/manage/invitations",
            #"{"project":"acme","name":"bob","owner":"bob@example.com","labels":{"team":"a"},"#
                + #""token_expires_in":60,"#
                + #""limits":["requests=5/day"],"models":["gpt-*"],"endpoints":["responses","embeddings"]}"#,
            authorization: bearer)
        let secret = try secret(of: try made.decoded())
        let audited = try await fixture.store.listAudit(AuditQuery(), limit: 100).items.count

        let answer = try await preview(secret)
        let shown: InvitationPreviewResource = try answer.decoded()

        #expect(answer.status == 200 && answer.headers[.cacheControl] == "no-store")
        #expect(shown.project == "acme" && shown.name == "bob" && shown.invitedBy == "k")
        #expect(shown.tokenExpiresIn == 60 && shown.tokenExpiresAt == nil)
        #expect(shown.limits == ["requests=5/day"] && shown.models == ["gpt-*"])
        #expect(shown.endpoints == ["embeddings", "responses"] && shown.networks == nil)
        #expect(!answer.text.contains(secret) && !answer.text.contains("bob@example.com"))
        #expect(try await preview(secret).text == answer.text)
        #expect(try await fixture.store.listAudit(AuditQuery(), limit: 100).items.count == audited)
        #expect(try await fixture.store.listAccessTokens(limit: 1).items.isEmpty)
        #expect(try await claim(secret).status == 201)
    }

    @Test func `a preview of what is not open is refused as its claim is`() async throws {
        let claimed = try secret(of: try await invite())
        _ = try await claim(claimed)
        let revoked = try await invite()
        _ = try await fixture.send(.post, "/manage/invitations/\(revoked.id)/revoke")
        let unknown = fixture.keyRing.mint(.invitation).text.reveal()

        for (secret, status) in [
            (claimed, 410), (try secret(of: revoked), 410), (unknown, 404), ("lki_x", 404), ("", 404),
        ] {
            let (shown, made) = (try await preview(secret), try await claim(secret))
            #expect(shown.status == status && shown.text == made.text)
        }
        #expect(try await preview(unknown).text == preview("lki_x").text)
    }

    @Test func `previews and claims of an address are counted together`() async throws {
        for _ in 0..<ClaimRoutes.attemptsPerMinute { _ = try await preview("lki_x") }
        let open = try secret(of: try await invite())

        #expect(try await preview(open).status == 429)
        #expect(try await claim(open).status == 429)
    }

    @Test func `an invitation does not outlive the access token that it is for`() async throws {
        let answer = try await fixture.send(
            .post, "/manage/invitations",
            #"{"project":"acme","name":"bob","token_expires_at":"2027-01-15T09:00:00Z"}"#)
        let invitation: InvitationResource = try answer.decoded()
        #expect(invitation.expiresAt == "2027-01-15T09:00:00.000Z")
    }

    @Test(arguments: [
        (#"{"project":"acme","name":"bob"}"#, "/token_expires_in"),
        (#"{"project":"acme","name":"bob","token_expires_in":0}"#, "/token_expires_in"),
        (#"{"project":"acme","name":"bob","token_expires_at":"x"}"#, "/token_expires_at"),
        (
            #"{"project":"acme","name":"bob","token_expires_in":1,"token_expires_at":null}"#,
            "/token_expires_at"
        ),
        (#"{"project":"acme","name":"bob","token_expires_in":null,"expires_in":2592001}"#, "/expires_in"),
        (#"{"project":"none","name":"bob","token_expires_in":null}"#, "/project"),
        (#"{"project":"acme","name":"","token_expires_in":null}"#, "/name"),
        (#"{"project":"acme","name":"bob","token_expires_in":null,"limits":["x"]}"#, "/limits/0"),
    ])
    func `an invitation that makes no sense is not made`(_ json: String, _ pointer: String) async throws {
        let answer = try await fixture.send(.post, "/manage/invitations", json)
        #expect(answer.status == 422)
        #expect(try answer.problem().errors?.map(\.pointer) == [pointer])
        #expect(try await fixture.store.listInvitations(limit: 1).items.isEmpty)
    }

    @Test func `a key of one project sees and makes invitations of that one only`() async throws {
        let invitation = try await invite()
        try await fixture.project("other")
        let bearer = try await fixture.bearer(.issue, project: "other")
        let path = "/manage/invitations"
        let page = try await fixture.send(.get, path, authorization: bearer)
        #expect(try page.decoded(PageResource<InvitationResource>.self).items.isEmpty)
        #expect(try await fixture.send(.get, "\(path)/\(invitation.id)", authorization: bearer).status == 404)
        let revoke = "\(path)/\(invitation.id)/revoke"
        #expect(try await fixture.send(.post, revoke, authorization: bearer).status == 404)
        let body = #"{"project":"acme","name":"bob","token_expires_in":null}"#
        #expect(try await fixture.send(.post, path, body, authorization: bearer).status == 422)
    }

    @Test func `whoever guesses has to wait, and the page is shut in`() async throws {
        for _ in 0..<ClaimRoutes.attemptsPerMinute { #expect(try await claim("lki_x").status == 404) }
        let refused = try await claim(try secret(of: try await invite()))
        #expect(refused.status == 429 && refused.headers[.retryAfter] != nil)
        #expect(try await fixture.store.listAccessTokens(limit: 1).items.isEmpty)
        for (path, type) in [
            ("/claim", "text/html"), ("/claim/claim.css", "text/css"), ("/claim/claim.js", "text/javascript"),
        ] {
            let page = try await fixture.send(.get, path, authorization: nil)
            #expect(page.status == 200 && !page.body.isEmpty)
            #expect(page.headers[.contentType] == "\(type); charset=utf-8")
            #expect(page.headers[.cacheControl] == "no-store")
            #expect(page.headers[.xContentTypeOptions] == "nosniff")
            let policy = try #require(page.headers[.contentSecurityPolicy])
            #expect(policy.hasPrefix("default-src 'none';") && policy.contains("frame-ancestors 'none'"))
            #expect(!policy.contains("unsafe"))
        }
    }
}
