import Domain
import Foundation
import HTTPTypes
import Storage
import Synchronization
import Testing
import Vault

@testable import Admin

@Suite struct AccessTokenRoutesTests {
    func issue(_ fixture: AdminFixture, _ rest: String = #""expires_in":60"#) async throws
        -> AdminFixture.Answer
    {
        try await fixture.send(.post, "/manage/tokens", #"{"project":"acme","name":"bob",\#(rest)}"#)
    }

    @Test func `an access token's text is in the answer that issues it and nowhere else`() async throws {
        let fixture = try await AdminFixture()
        let project = try await fixture.project("acme")
        let answer = try await issue(fixture)
        #expect(answer.status == 201)
        #expect(answer.headers[.cacheControl] == "no-store")
        let issued: AccessTokenResource = try answer.decoded()
        let text = try #require(issued.token)
        #expect(text.hasPrefix("lk_\(issued.id)_"))
        #expect(issued.project == project.id)
        #expect(issued.status == "active")
        #expect(issued.expiresAt == "2027-01-15T08:01:00.000Z")
        let id = try #require(AccessTokenID(issued.id))
        #expect(fixture.published.events.last == .accessToken(id, isRevoked: false))
        #expect(try await fixture.store.accessToken(id)?.hash == fixture.keyRing.hash(Secret(utf8: text)))

        for path in ["/manage/tokens", "/manage/tokens/\(issued.id)", "/manage/tokens?project=acme"] {
            let shown = try await fixture.send(.get, path)
            #expect(shown.status == 200)
            #expect(!shown.text.contains(text) && !shown.text.contains("\"token\""))
        }
    }

    @Test func `a revoked access token is published before the answer, and stays revoked`() async throws {
        let fixture = try await AdminFixture()
        try await fixture.project("acme")
        let issued: AccessTokenResource = try await issue(fixture).decoded()
        let id = try #require(AccessTokenID(issued.id))
        let first: AccessTokenResource = try await fixture.send(.post, "/manage/tokens/\(id)/revoke")
            .decoded()
        #expect(fixture.published.events.last == .accessToken(id, isRevoked: true))
        #expect(first.status == "revoked")
        #expect(first.revokedAt == "2027-01-15T08:00:00.000Z")
        fixture.state.now.withLock { $0 = $0.adding(milliseconds: 5000) }
        let second: AccessTokenResource = try await fixture.send(.post, "/manage/tokens/\(id)/revoke")
            .decoded()
        #expect(second == first)
    }

    @Test func `a lifetime counts from the moment of issue, though the clock goes on meanwhile`() async throws
    {
        let fixture = try await AdminFixture()
        try await fixture.project("acme")
        fixture.state.tick.withLock { $0 = 1 }
        let issued: AccessTokenResource = try await issue(fixture).decoded()
        let created = try #require(Timestamp(rfc3339: issued.createdAt))
        #expect(issued.expiresAt == created.adding(milliseconds: 60_000).rfc3339)
    }

    @Test func `an expiry is told, by a moment or never`() async throws {
        let fixture = try await AdminFixture()
        try await fixture.project("acme")
        let never = try await issue(fixture, #""expires_in":null"#)
        #expect(never.text.contains(#""expires_at":null"#))
        let at: AccessTokenResource = try await issue(fixture, #""expires_at":"2030-01-01T02:00:00+02:00""#)
            .decoded()
        #expect(at.expiresAt == "2030-01-01T00:00:00.000Z")
        fixture.state.now.withLock { $0 = Timestamp(seconds: 4_000_000_000) }
        let later: AccessTokenResource = try await fixture.send(.get, "/manage/tokens/\(at.id)").decoded()
        #expect(later.status == "expired")
    }

    @Test(arguments: [
        (#""expires_in":0"#, "/expires_in"), (#""expires_in":-1"#, "/expires_in"),
        (#""expires_in":9223372036854775807"#, "/expires_in"), (#""expires_in":"60""#, "/expires_in"),
        (#""expires_at":"tomorrow""#, "/expires_at"),
        (#""expires_at":"2020-01-01T00:00:00Z""#, "/expires_at"),
        (#""expires_in":60,"scope":"all""#, "/scope"),
    ])
    func `an expiry that makes no sense issues nothing`(_ rest: String, _ pointer: String) async throws {
        let fixture = try await AdminFixture()
        try await fixture.project("acme")
        let answer = try await issue(fixture, rest)
        #expect(answer.status == 422)
        #expect(try answer.problem().errors?.map(\.pointer) == [pointer])
        #expect(fixture.published.events.count == 1)
    }

    @Test func `an unknown project, an archived one and an unknown id are told`() async throws {
        let fixture = try await AdminFixture()
        #expect(try await issue(fixture).problem().errors?.map(\.pointer) == ["/project"])
        try await fixture.project("acme")
        _ = try await fixture.send(.patch, "/manage/projects/acme", #"{"state":"archived"}"#)
        #expect(try await issue(fixture).status == 409)
        for path in ["/manage/tokens/000000000000", "/manage/tokens/x"] {
            #expect(try await fixture.send(.get, path).status == 404)
            #expect(try await fixture.send(.post, path + "/revoke").status == 404)
        }
        #expect(try await fixture.send(.get, "/manage/tokens?project=none").status == 404)
    }
}
