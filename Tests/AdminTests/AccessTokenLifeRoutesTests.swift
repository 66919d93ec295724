import Domain
import Foundation
import Gateway
import HTTPTypes
import Storage
import Synchronization
import Testing

@testable import Admin

@Suite struct AccessTokenLifeRoutesTests {
    let fixture: AdminFixture

    init() async throws {
        fixture = try await AdminFixture()
        try await fixture.project("acme")
    }

    @discardableResult private func issue(_ name: String = "bob", _ rest: String = "") async throws
        -> AccessTokenResource
    {
        try await fixture.send(
            .post, "/manage/tokens", #"{"project":"acme","name":"\#(name)","expires_in":3600\#(rest)}"#
        ).decoded()
    }

    private func post(_ path: String, _ json: String? = nil) async throws -> AdminFixture.Answer {
        try await fixture.send(.post, "/manage/tokens/\(path)", json)
    }

    @Test func `a suspended access token is published before the answer and works again once resumed`()
        async throws
    {
        let issued = try await issue()
        let id = try #require(AccessTokenID(issued.id))
        let hash = try #require(try await fixture.store.accessToken(id)?.hash)
        let suspended: AccessTokenResource = try await post("\(id)/suspend").decoded()
        #expect(suspended.status == "suspended" && suspended.suspendedAt == "2027-01-15T08:00:00.000Z")
        await #expect(throws: Rejection.suspendedCredential) {
            _ = try await fixture.holders.holder(of: hash)
        }
        let resumed: AccessTokenResource = try await post("\(id)/resume").decoded()
        #expect(resumed.status == "active" && resumed.suspendedAt == nil)
        _ = try await fixture.holders.holder(of: hash)
        _ = try await post("\(id)/revoke")
        #expect(try await post("\(id)/suspend").status == 409)
        #expect(try await post("\(id)/resume").status == 409)
        await #expect(throws: Rejection.revokedCredential) { _ = try await fixture.holders.holder(of: hash) }
    }

    @Test func `owner and labels are set, merged and taken away`() async throws {
        let issued = try await issue("bob", #","owner":"bob@example.com","labels":{"team":"a","env":"x"}"#)
        #expect(issued.owner == "bob@example.com" && issued.labels == ["team": "a", "env": "x"])
        func patch(_ json: String) async throws -> AccessTokenResource {
            try await fixture.send(.patch, "/manage/tokens/\(issued.id)", json).decoded()
        }
        let merged = try await patch(#"{"labels":{"team":"b","env":null,"new":""}}"#)
        #expect(merged.labels == ["team": "b", "new": ""] && merged.owner == "bob@example.com")
        let emptied = try await patch(#"{"labels":null,"owner":null}"#)
        #expect(emptied.labels.isEmpty && emptied.owner == nil)
        #expect(try await patch(#"{"name":"ann"}"#).labels.isEmpty)
    }

    @Test(arguments: [
        (#""owner":"""#, "/owner"), (#""owner":1"#, "/owner"), (#""labels":{"Team":"a"}"#, "/labels/Team"),
        (#""labels":{"team":"a\n"}"#, "/labels/team"), (#""labels":{"team":1}"#, "/labels/team"),
        (#""labels":[]"#, "/labels"),
    ])
    func `an owner or label that breaks its rule issues nothing`(_ rest: String, _ pointer: String)
        async throws
    {
        let answer = try await fixture.send(
            .post, "/manage/tokens", #"{"project":"acme","name":"bob","expires_in":null,\#(rest)}"#)
        #expect(answer.status == 422)
        #expect(try answer.problem().errors?.map(\.pointer) == [pointer])
        #expect(try await fixture.store.listAccessTokens(limit: 10).items.isEmpty)
    }

    @Test func `there are at most 16 labels, also after a change`() async throws {
        let labels = (0..<16).map { #""l\#($0)":"x""# }.joined(separator: ",")
        let issued = try await issue("bob", #","labels":{\#(labels)}"#)
        #expect(issued.labels.count == 16)
        let path = "/manage/tokens/\(issued.id)"
        let refused = try await fixture.send(.patch, path, #"{"labels":{"more":"x"}}"#)
        #expect(refused.status == 422)
        #expect(try refused.problem().errors?.map(\.pointer) == ["/labels"])
        let swapped: AccessTokenResource = try await fixture.send(
            .patch, path, #"{"labels":{"more":"x","l0":null}}"#
        ).decoded()
        #expect(swapped.labels.count == 16 && swapped.labels["l0"] == nil)
    }

    @Test func `a rotation shows the new text once, and both work until the grace is over`() async throws {
        let issued = try await issue("bob", #","limits":["requests=5/day"],"labels":{"team":"a"}"#)
        let answer = try await post("\(issued.id)/rotate", #"{"grace_seconds":60}"#)
        #expect(answer.status == 201)
        let rotated: AccessTokenResource = try answer.decoded()
        #expect(rotated.token?.hasPrefix("lk_\(rotated.id)_") == true)
        #expect(rotated.lineage == issued.id && rotated.rotatedFrom == issued.id)
        #expect(rotated.labels == issued.labels && rotated.expiresAt == issued.expiresAt)
        #expect(rotated.limits.map(\.limit) == ["requests/day"])
        let shown = try await fixture.send(.get, "/manage/tokens/\(issued.id)")
        let old: AccessTokenResource = try shown.decoded()
        #expect(old.rotatedTo == rotated.id && old.expiresAt == "2027-01-15T08:01:00.000Z")
        #expect(!shown.text.contains("\"token\""))
        let ids = [issued.id, rotated.id].compactMap { AccessTokenID($0) }
        #expect(fixture.published.events.last == .accessTokens(ids, closed: []))
        fixture.state.now.withLock { $0 = $0.adding(milliseconds: 60_000) }
        #expect(try await post("\(issued.id)/rotate", "{}").status == 409)
        let hashes = try await [
            #require(fixture.store.accessToken(ids[0])?.hash),
            #require(fixture.store.accessToken(ids[1])?.hash),
        ]
        await #expect(throws: Rejection.expiredCredential) {
            _ = try await fixture.holders.holder(of: hashes[0])
        }
        let holder = try await fixture.holders.holder(of: hashes[1])
        #expect(holder.grant.lineage == ids[0])
        for json in [#"{"grace_seconds":-1}"#, #"{"grace_seconds":7776001}"#, #"{"grace":1}"#] {
            #expect(try await post("\(rotated.id)/rotate", json).status == 422, "\(json)")
        }
    }

    @Test func `what has ended is reissued with all that it had, and its budget is not new`() async throws {
        let issued = try await issue(
            "bob", #","owner":"bob@x","limits":["requests=5/day"],"labels":{"team":"a"},"models":["gpt-*"]"#)
        #expect(try await post("\(issued.id)/reissue").status == 409)
        _ = try await post("\(issued.id)/suspend")
        let suspended = try await post("\(issued.id)/reissue")
        #expect(suspended.status == 409)
        #expect(try suspended.problem().detail.contains("rotate it, or revoke it first"))
        _ = try await post("\(issued.id)/revoke")
        fixture.state.now.withLock { $0 = $0.adding(milliseconds: 60_000) }
        let answer = try await post("\(issued.id)/reissue")
        #expect(answer.status == 201)
        let reissued: AccessTokenResource = try answer.decoded()
        #expect(reissued.token?.hasPrefix("lk_\(reissued.id)_") == true && reissued.status == "active")
        #expect(reissued.lineage == issued.id && reissued.rotatedFrom == issued.id)
        #expect(reissued.owner == "bob@x" && reissued.labels == ["team": "a"] && reissued.models == ["gpt-*"])
        #expect(reissued.project == issued.project && reissued.limits.map(\.limit) == ["requests/day"])
        #expect(reissued.expiresAt == issued.expiresAt)
        let old: AccessTokenResource = try await fixture.send(
            .get, "/manage/tokens/\(issued.id)"
        ).decoded()
        #expect(old.status == "revoked" && old.rotatedTo == reissued.id)
        let id = try #require(AccessTokenID(reissued.id))
        let hash = try #require(try await fixture.store.accessToken(id)?.hash)
        #expect(try await fixture.holders.holder(of: hash).grant.lineage.rawValue == issued.id)
        let again = try await post("\(issued.id)/reissue")
        #expect(again.status == 409)
        #expect(try again.problem().detail.contains("rotated_to"))
    }

    @Test func `what has expired is reissued for a lifetime that is given`() async throws {
        let issued = try await issue()
        fixture.state.now.withLock { $0 = $0.adding(milliseconds: 3_600_000) }
        for json in [nil, "{}"] {
            let refused = try await post("\(issued.id)/reissue", json)
            #expect(refused.status == 422)
            #expect(try refused.problem().errors?.map(\.pointer) == ["/expires_in"])
        }
        for json in [#"{"expires_in":0}"#, #"{"grace_seconds":1}"#, #"{"expires_in":1,"expires_at":null}"#] {
            #expect(try await post("\(issued.id)/reissue", json).status == 422, "\(json)")
        }
        let never: AccessTokenResource = try await post(
            "\(issued.id)/reissue", #"{"expires_in":null}"#
        ).decoded()
        #expect(never.expiresAt == nil && never.status == "active")
    }

    @Test func `a reissue that is sent again makes no second one, and shows no text`() async throws {
        let issued = try await issue()
        _ = try await post("\(issued.id)/revoke")
        let path = "/manage/tokens/\(issued.id)/reissue"
        let first = try await fixture.send(.post, path, headers: [.idempotencyKey: "k"])
        let second = try await fixture.send(.post, path, headers: [.idempotencyKey: "k"])
        #expect(first.status == 201 && second.status == 201)
        #expect(second.headers[.idempotencyReplayed] == "true")
        let (made, shown): (AccessTokenResource, AccessTokenResource) = try (
            first.decoded(), second.decoded()
        )
        #expect(made.id == shown.id && made.token != nil && shown.token == nil)
        #expect(try await fixture.store.listAccessTokens(limit: 9).items.count == 2)
    }

    @Test func `honey tokens are not reissued`() async throws {
        let bait = try await issue("bait", #","honey":true"#)
        _ = try await post("\(bait.id)/revoke")
        let refused = try await post("\(bait.id)/reissue")
        #expect(refused.status == 409)
        #expect(try refused.problem().detail.contains("oney token"))
        #expect(try await fixture.store.listAccessTokens(limit: 9).items.count == 1)
    }

    @Test func `a list is filtered, and a filter that makes no sense is told`() async throws {
        try await issue("ci-1", #","owner":"ann","labels":{"team":"a"}"#)
        try await issue("ci-2")
        func names(_ query: String) async throws -> [String] {
            try await fixture.send(.get, "/manage/tokens?\(query)").decoded(
                PageResource<AccessTokenResource>.self
            ).items.map(\.name)
        }
        #expect(try await names("name=ci-*").sorted() == ["ci-1", "ci-2"])
        #expect(try await names("owner=ann&status=active&project=acme") == ["ci-1"])
        #expect(try await names("label=team:a") == ["ci-1"])
        #expect(try await names("q=CI-2&unused_since=2030-01-01T00:00:00Z") == ["ci-2"])
        #expect(try await names("unused_since=2020-01-01T00:00:00Z") == [])
        for (query, pointer) in [
            ("status=old", "?status"), ("label=team", "?label"), ("unused_since=90d", "?unused_since"),
            ("name=", "?name"), ("honey=yes", "?honey"), ("title=x", "?title"),
        ] {
            let answer = try await fixture.send(.get, "/manage/tokens?\(query)")
            #expect(try answer.problem().errors?.map(\.pointer) == [pointer])
        }
    }
}
