import Domain
import Foundation
import Gateway
import HTTPTypes
import Storage
import Synchronization
import Testing
import Vault

@testable import Admin

@Suite struct LimitRoutesTests {
    private func issue(_ fixture: AdminFixture, _ rest: String) async throws -> AdminFixture.Answer {
        try await fixture.send(
            .post, "/manage/tokens", #"{"project":"acme","name":"bob","expires_in":null,\#(rest)}"#)
    }

    private func spend(_ count: Int, _ token: AccessTokenResource, _ fixture: AdminFixture) throws {
        let lineage = fixture.quotas.lineage(
            try #require(AccessTokenID(token.id)), of: try #require(ProjectID(token.project)))
        for _ in 0..<count {
            let now = QuotaMoment(wall: fixture.state.readClock(), nanoseconds: 0)
            let bound = Charge(requests: 1, tokens: 10, cost: Money(nanoUSD: 500_000_000))
            let reservation = try lineage.reserve(bound, model: "gpt-4.1", at: now)
            reservation?.settle(bound, at: now.nanoseconds)
        }
    }

    @Test func `limits are given as objects or texts, and shown with what is used`() async throws {
        let fixture = try await AdminFixture()
        try await fixture.project("acme")
        let answer = try await issue(
            fixture,
            #"""
            "limits":[{"metric":"requests","amount":5,"window":"day"},"cost=2.5/month:gpt-*",
                {"metric":"concurrency","amount":4}]
            """#)
        #expect(answer.status == 201)
        let token: AccessTokenResource = try answer.decoded()
        #expect(token.limits.map(\.limit) == ["requests/day", "cost/month:gpt-*", "concurrency"])
        #expect(token.limits.map(\.amount) == [.number(5), .dollars("2.50"), .number(4)])
        try spend(2, token, fixture)
        let shown = try await fixture.send(.get, "/manage/tokens/\(token.id)")
        let limits = try shown.decoded(AccessTokenResource.self).limits
        #expect(limits.map(\.used) == [.number(2), .dollars("1.00"), .number(0)])
        #expect(limits.map(\.remaining) == [.number(3), .dollars("1.50"), .number(4)])
        #expect(limits[0].resetsAt == "2027-01-16T00:00:00.000Z")
        #expect(shown.text.contains(#""window":null"#) && shown.text.contains(#""used":"1.00""#))
        try spend(3, token, fixture)
        #expect(throws: LimitRefusal.self) { try spend(1, token, fixture) }

        // An amount that changes keeps the counter; null lifts all.
        let changed: AccessTokenResource = try await fixture.send(
            .patch, "/manage/tokens/\(token.id)", #"{"limits":["requests=6/day"]}"#
        ).decoded()
        #expect(changed.limits.map(\.remaining) == [.number(1)])
        let lifted: AccessTokenResource = try await fixture.send(
            .patch, "/manage/tokens/\(token.id)", #"{"limits":null}"#
        ).decoded()
        #expect(lifted.limits.isEmpty)
        try spend(9, token, fixture)
    }

    @Test func `what a store has kept of limits is what a new start begins with`() async throws {
        let fixture = try await AdminFixture()
        let project = try await fixture.project("acme")
        let token: AccessTokenResource = try await issue(fixture, #""limits":["requests=5/day"]"#).decoded()
        let records = try await fixture.store.accessRecords(at: fixture.control.now()).limits
        let id = try #require(AccessTokenID(token.id))
        #expect(
            records.map(\.subject) == [.lineage(id, of: try #require(ProjectID(project.id)))])
        #expect(records.first?.records.map(\.limit.description) == ["requests=5/day"])
    }

    @Test func `a top-up and a reset count at once`() async throws {
        let fixture = try await AdminFixture()
        try await fixture.project("acme")
        let token: AccessTokenResource = try await issue(fixture, #""limits":["requests=1/day"]"#).decoded()
        try spend(1, token, fixture)
        let path = "/manage/tokens/\(token.id)/limits"
        let more: AccessTokenResource = try await fixture.send(
            .post, path + "/top-up", #"{"limit":"requests/day","amount":2}"#
        ).decoded()
        #expect(more.limits.map(\.remaining) == [.number(2)])
        #expect(more.limits.map(\.toppedUp) == [.number(2)])
        try spend(2, token, fixture)
        let anew: AccessTokenResource = try await fixture.send(
            .post, path + "/reset", #"{"limit":"requests/day"}"#
        ).decoded()
        #expect(anew.limits.map(\.used) == [.number(0)])
        #expect(anew.limits.map(\.remaining) == [.number(1)])
        let kept = try await fixture.store.accessRecords(at: fixture.control.now()).limits.first?.records
            .first
        #expect(kept?.credit == 0)
        #expect(kept.map { $0.start > Timestamp(seconds: 1_800_000_000) } == true)

        _ = try await fixture.send(.patch, "/manage/projects/acme", #"{"limits":["cost=1/month"]}"#)
        let project: ProjectResource = try await fixture.send(
            .post, "/manage/projects/acme/limits/top-up", #"{"limit":"cost/month","amount":"0.25"}"#
        ).decoded()
        #expect(project.limits.map(\.remaining) == [.dollars("1.25")])
        for (suffix, json, status) in [
            ("/top-up", #"{"limit":"requests/week","amount":2}"#, 422),
            ("/reset", #"{"limit":"requests/week"}"#, 422), ("/reset", #"{"limit":"requests"}"#, 422),
            ("/top-up", #"{"limit":"requests/minute","amount":2}"#, 422),
            ("/top-up", #"{"limit":"requests/day","amount":-2}"#, 422),
            ("/top-up", #"{"limit":"requests/day","amount":"2"}"#, 422),
            ("/top-up", #"{"limit":"requests/day"}"#, 422),
        ] {
            #expect(try await fixture.send(.post, path + suffix, json).status == status, "\(json)")
        }
    }

    @Test(arguments: [
        (#""limits":"requests=1/day""#, "/limits"), (#""limits":["requests"]"#, "/limits/0"),
        (#""limits":[{"metric":"x","amount":1}]"#, "/limits/0/metric"),
        (#""limits":["requests=1/day",{"metric":"cost","amount":1,"window":"day"}]"#, "/limits/1/amount"),
        (#""limits":[{"metric":"cost","amount":"1,5","window":"day"}]"#, "/limits/0/amount"),
        (#""limits":[{"metric":"tokens","amount":1.5,"window":"day"}]"#, "/limits/0/amount"),
        (#""limits":[{"metric":"tokens","amount":-1,"window":"day"}]"#, "/limits/0/amount"),
        (#""limits":[{"metric":"tokens","window":"day"}]"#, "/limits/0/amount"),
        (#""limits":[{"metric":"tokens","amount":1}]"#, "/limits/0/window"),
        (#""limits":[{"metric":"tokens","amount":1,"window":"day","models":""}]"#, "/limits/0/models"),
        (#""limits":[{"metric":"tokens","amount":1,"window":"day","model":"a"}]"#, "/limits/0/model"),
        (#""limits":["requests=1/day","requests=2/day"]"#, "/limits"), (#""models":["a b"]"#, "/models/0"),
        (#""models":[]"#, "/models"), (#""models":"a""#, "/models"), (#""endpoints":["x"]"#, "/endpoints/0"),
        (#""networks":["10.0.0.0/8","10.0.0.1/8"]"#, "/networks/1"), (#""not_before":"soon""#, "/not_before"),
        (#""idle_expires_in":0"#, "/idle_expires_in"), (#""idle_expires_in":1.5"#, "/idle_expires_in"),
        (#""output_cap":"0""#, "/output_cap"), (#""output_cap":4096"#, "/output_cap"),
    ])
    func `a limit or grant that makes no sense is pointed at, and issues nothing`(
        _ rest: String, _ pointer: String
    ) async throws {
        let fixture = try await AdminFixture()
        try await fixture.project("acme")
        let answer = try await issue(fixture, rest)
        #expect(answer.status == 422)
        #expect(try answer.problem().errors?.map(\.pointer) == [pointer])
        #expect(fixture.published.events.count == 1)
    }

    @Test func `grants are set, shown, changed one by one and lifted`() async throws {
        let fixture = try await AdminFixture()
        try await fixture.project("acme")
        let issued: AccessTokenResource = try await issue(
            fixture,
            #"""
            "models":["gpt-4.1*"],"endpoints":["responses","chat_completions"],"networks":["10.0.0.0/8"],
            "not_before":"2030-01-01T02:00:00+02:00","idle_expires_in":3600,"output_cap":"4096:clamp"
            """#
        ).decoded()
        #expect(issued.models == ["gpt-4.1*"])
        #expect(issued.endpoints == ["chat_completions", "responses"])
        #expect(issued.networks == ["10.0.0.0/8"])
        #expect(issued.notBefore == "2030-01-01T00:00:00.000Z")
        #expect(issued.idleExpiresIn == 3600)
        #expect(issued.outputCap == "4096:clamp")
        let path = "/manage/tokens/\(issued.id)"
        let changed: AccessTokenResource = try await fixture.send(
            .patch, path,
            #"{"name":"eve","expires_in":60,"models":null,"not_before":null,"output_cap":"10"}"#
        ).decoded()
        #expect(changed.name == "eve" && changed.models == nil && changed.notBefore == nil)
        #expect(changed.expiresAt == "2027-01-15T08:01:00.000Z")
        #expect(changed.outputCap == "10:refuse" && changed.networks == issued.networks)
        #expect(fixture.published.events.count == 3)
        let never: AccessTokenResource = try await fixture.send(.patch, path, #"{"expires_at":null}"#)
            .decoded()
        #expect(never.expiresAt == nil && never.name == "eve")
        for (json, pointer) in [
            (#"{"name":null}"#, "/name"), (#"{"project":"acme"}"#, "/project"),
            (#"{"expires_in":1,"expires_at":null}"#, "/expires_at"),
            (#"{"expires_at":"2020-01-01T00:00:00Z"}"#, "/expires_at"),
        ] {
            #expect(
                try await fixture.send(.patch, path, json).problem().errors?.map(\.pointer) == [pointer])
        }
        #expect(try await fixture.send(.patch, "/manage/tokens/000000000000", "{}").status == 404)
        _ = try await fixture.send(.post, path + "/revoke")
        #expect(try await fixture.send(.patch, path, #"{"name":"bob"}"#).status == 409)
    }

    @Test func `a project's days begin where its time zone says`() async throws {
        let fixture = try await AdminFixture()
        let made: ProjectResource = try await fixture.send(
            .post, "/manage/projects",
            #"""
            {"name":"acme","upstream_url":"dummy:","time_zone":"Asia/Kolkata","stream_usage":"observe",
                "unpriced_models":"2.5/10","limits":["requests=1/day"]}
            """#
        ).decoded()
        #expect(made.timeZone == "Asia/Kolkata" && made.streamUsage == "observe")
        #expect(made.unpricedModels == "2.50/10.00")
        #expect(made.limits.first?.resetsAt == "2027-01-15T18:30:00.000Z")
        let moved: ProjectResource = try await fixture.send(
            .patch, "/manage/projects/acme",
            #"{"time_zone":"UTC","stream_usage":"inject","unpriced_models":"allow"}"#
        ).decoded()
        #expect(moved.limits.first?.resetsAt == "2027-01-16T00:00:00.000Z")
        #expect(moved.streamUsage == "inject" && moved.unpricedModels == "allow")
        for (json, pointer) in [
            (#"{"time_zone":"Mars/Base"}"#, "/time_zone"), (#"{"time_zone":null}"#, "/time_zone"),
            (#"{"stream_usage":"x"}"#, "/stream_usage"), (#"{"unpriced_models":"1"}"#, "/unpriced_models"),
            (#"{"limits":["x"]}"#, "/limits/0"),
        ] {
            for (method, path) in [
                (.patch, "/manage/projects/acme"), (.post, "/manage/projects"),
            ] as [(HTTPRequest.Method, String)] {
                let body = method == .post ? #"{"name":"other","# + json.dropFirst() : json
                let answer = try await fixture.send(method, path, body)
                #expect(try answer.problem().errors?.map(\.pointer) == [pointer])
            }
        }
        #expect(try await fixture.store.listProjects(limit: 5).items.count == 1)
    }

    /// An access token with limits that the store has, and the memory has not: it was dead when the server
    /// started.
    private func dormant(_ fixture: AdminFixture) async throws -> AccessToken {
        let project = try await fixture.control.project("acme")
        let minted = fixture.keyRing.mint(.accessToken)
        let accessToken = AccessToken(
            id: AccessTokenID(digits: minted.idDigits), project: project.id, name: try #require(Label("bob")),
            hash: minted.hash, createdAt: Timestamp(seconds: 1_700_000_000),
            expiresAt: Timestamp(seconds: 1_700_000_001))
        let limits = try LimitSet([Limit(parsing: "requests=5/lifetime")])
        try await fixture.store.issueAccessToken(
            accessToken, limits: limits, by: .console(at: accessToken.createdAt))
        return accessToken
    }

    @Test func `limits of one that is not in memory are shown as they are kept`() async throws {
        let fixture = try await AdminFixture()
        try await fixture.project("acme")
        let accessToken = try await dormant(fixture)
        let shown: AccessTokenResource = try await fixture.send(
            .get, "/manage/tokens/\(accessToken.id)"
        ).decoded()
        #expect(shown.limits.map(\.remaining) == [.number(5)] && shown.status == "expired")
        let listed: PageResource<AccessTokenResource> = try await fixture.send(
            .get, "/manage/tokens?project=acme"
        ).decoded()
        #expect(listed.items.map(\.limits) == [shown.limits])
        #expect(fixture.quotas.states(of: accessToken.limitSubject, at: fixture.holders.moment).isEmpty)
        let path = "/manage/tokens/\(accessToken.id)/limits/top-up"
        let more: AccessTokenResource = try await fixture.send(
            .post, path, #"{"limit":"requests/lifetime","amount":2}"#
        ).decoded()
        #expect(more.limits.map(\.remaining) == [.number(7)])
    }

    @Test(arguments: [#"{"expires_in":60}"#, #"{"expires_in":60,"name":"eve"}"#])
    func `one that comes back from the dead has its limits`(_ change: String) async throws {
        let fixture = try await AdminFixture()
        try await fixture.project("acme")
        let accessToken = try await dormant(fixture)
        _ = try await fixture.store.recordExpiry(accessToken.id, at: fixture.control.now())
        await #expect(throws: Rejection.unknownCredential) {
            _ = try await fixture.holders.holder(of: accessToken.hash)
        }
        #expect(try await fixture.send(.patch, "/manage/tokens/\(accessToken.id)", change).status == 200)
        let holder = try await fixture.holders.holder(of: accessToken.hash)
        #expect(holder.grant.quotas.states(at: fixture.holders.moment).map(\.remaining) == [5])
    }

    @Test func `a clock that goes back brings access tokens with their limits`() async throws {
        let fixture = try await AdminFixture()
        try await fixture.project("acme")
        let accessToken = try await dormant(fixture)
        fixture.state.now.withLock { $0 = Timestamp(seconds: 1_700_000_000) }
        let count = try await fixture.control.wakeAccessTokens(
            endingAfter: Timestamp(seconds: 1_600_000_000), upTo: Timestamp(seconds: 1_700_000_001))
        #expect(count == 1)
        let holder = try await fixture.holders.holder(of: accessToken.hash)
        #expect(holder.grant.quotas.states(at: fixture.holders.moment).map(\.remaining) == [5])
    }

    @Test func `one that is rotated after the clock went back has its limits`() async throws {
        let fixture = try await AdminFixture()
        try await fixture.project("acme")
        let accessToken = try await dormant(fixture)
        fixture.state.now.withLock { $0 = Timestamp(seconds: 1_700_000_000) }
        let rotated: AccessTokenResource = try await fixture.send(
            .post, "/manage/tokens/\(accessToken.id)/rotate", "{}"
        ).decoded()
        #expect(rotated.limits.map(\.remaining) == [.number(5)])
        let holder = try await fixture.holders.holder(of: accessToken.hash)
        #expect(holder.grant.quotas.states(at: fixture.holders.moment).map(\.remaining) == [5])
    }
}
