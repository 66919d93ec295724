import Domain
import Gateway
import HTTPTypes
import Storage
import Synchronization
import Testing
import Vault

@testable import Admin

@Suite struct HolderRoutesTests {
    private let fixture: AdminFixture
    private let token: AccessTokenResource
    private let bearer: String

    init() async throws {
        fixture = try await AdminFixture()
        try await fixture.project("acme")
        token = try await fixture.send(
            .post, "/manage/tokens", #"{"project":"acme","name":"bob","expires_in":3600}"#
        ).decoded()
        bearer = "Bearer " + (try #require(token.token))
    }

    private func limit(own: [String] = [], project: [String] = []) throws {
        let projectID = try #require(ProjectID(token.project))
        let id = try #require(AccessTokenID(token.id))
        let moment = fixture.holders.moment
        func records(_ texts: [String], from first: Int32) throws -> [LimitRecord] {
            try zip(first..., texts).map {
                LimitRecord(account: $0, limit: try Limit(parsing: $1), start: moment.wall)
            }
        }
        fixture.holders.book.setLimits(
            try records(own, from: 1), of: .lineage(id, of: projectID), at: moment)
        fixture.holders.book.setLimits(try records(project, from: 100), of: .project(projectID), at: moment)
    }

    private func me(_ path: String = "/me", _ authorization: String? = nil) async throws
        -> AdminFixture.Answer
    {
        try await fixture.send(.get, path, authorization: authorization ?? bearer)
    }

    @Test func `a holder sees its own limits, and of the project's only that they are there`() async throws {
        try limit(own: ["requests=10/day", "cost=5.00/month"], project: ["requests=100/day:gpt-4.1*"])
        let answer = try await me()
        #expect(answer.status == 200)
        let resource: HolderResource = try answer.decoded()
        #expect(resource.id == token.id && resource.name == "bob" && resource.project == "acme")
        #expect(resource.expiresAt == token.expiresAt)
        #expect(
            resource.limits.map(\.limit) == [
                "requests/day", "cost/month", "requests/day:gpt-4.1*",
            ])
        let own = try #require(resource.limits.first)
        #expect(
            own.remaining == .number(10) && own.used == .number(0)
                && own.resetsAt?.hasSuffix("T00:00:00.000Z") == true)
        #expect(resource.limits[1].remaining == .dollars("5.00"))
        let shared = resource.limits[2]
        #expect(shared.owner == "project" && shared.models == "gpt-4.1*")
        #expect(
            shared.remaining == nil && shared.used == nil && shared.reserved == nil && shared.amount == nil)
        #expect(!answer.text.contains("dummy"))
    }

    @Test func `looking is no use of it`() async throws {
        let id = try #require(AccessTokenID(token.id))
        let hash = try #require(try await fixture.store.accessToken(id)).hash
        let before = try await fixture.holders.holder(of: hash).grant.use.lastUsedAt
        fixture.state.now.withLock { $0 = $0.adding(milliseconds: 5000) }
        #expect(try await me().status == 200)
        #expect(try await fixture.holders.holder(of: hash).grant.use.lastUsedAt == before)
    }

    @Test func `whoever would not be admitted is refused as by the API`() async throws {
        let unknown = "Bearer " + fixture.keyRing.mint(.accessToken).text.reveal()
        for (authorization, reason) in [
            ("", "invalid_credential"), ("Bearer lk_x", "invalid_credential"),
            (unknown, "invalid_credential"),
            ("Bearer \(fixture.key)", "invalid_credential"),
        ] {
            let answer = try await me("/me", authorization)
            #expect(answer.status == 401)
            #expect(answer.text.contains(#""code":"invalid_api_key""#))
            #expect(answer.headers[.latchkeyError] == reason)
            #expect(answer.headers[.wwwAuthenticate] == "Bearer")
        }
        let none = try await fixture.send(.get, "/me", authorization: nil)
        #expect(none.status == 401 && none.headers[.latchkeyError] == "missing_credential")
        #expect(try await fixture.send(.post, "/manage/tokens/\(token.id)/revoke").status == 200)
        #expect(try await me().status == 401)
    }

    @Test func `an expired access token and one of a disabled project are refused`() async throws {
        #expect(
            try await fixture.send(.patch, "/manage/projects/acme", #"{"state":"disabled"}"#).status == 200)
        #expect(try await me().status == 403)
        #expect(try await fixture.send(.patch, "/manage/projects/acme", #"{"state":"active"}"#).status == 200)
        #expect(try await me().status == 200)
        fixture.state.now.withLock { $0 = $0.adding(milliseconds: 3_600_000) }
        #expect(try await me().status == 401)
    }

    @Test func `an explanation names every limit that would refuse, and takes nothing`() async throws {
        try limit(own: ["tokens=1000/day", "requests=0/month:o3"], project: ["tokens=500/lifetime"])
        let small: ExplanationResource = try await me("/me/explain?model=gpt-4.1&tokens=500").decoded()
        #expect(small.admitted && small.refusals.isEmpty && small.tokens == 500)
        #expect(small.costUSD != "0.00")
        let large: ExplanationResource = try await me("/me/explain?model=o3&tokens=2000").decoded()
        #expect(!large.admitted)
        #expect(
            Set(large.refusals.map(\.limit)) == [
                "tokens=1000/day", "requests=0/month:o3", "tokens=500/lifetime",
            ])
        #expect(large.refusals.allSatisfy { $0.reason == "quota_spent" && $0.status == 429 })
        #expect(large.refusals.contains { $0.owner == "project" })
        let resource: HolderResource = try await me().decoded()
        #expect(resource.limits.first?.remaining == .number(1000))
    }

    @Test func `an operator asks the same in the holder's place`() async throws {
        try limit(own: ["cost=0.01/day"])
        let path = "/manage/tokens/\(token.id)/explain"
        let answer: ExplanationResource = try await fixture.send(
            .post, path, #"{"model":"gpt-4.1","prompt_tokens":10,"max_output_tokens":10000}"#
        ).decoded()
        #expect(answer.tokens == 10_010)
        #expect(answer.refusals.map(\.limit) == ["cost=0.01/day"])
        let cheap: ExplanationResource = try await fixture.send(.post, path, #"{"cost_usd":"0.01"}"#)
            .decoded()
        #expect(cheap.admitted)
        let unpriced: ExplanationResource = try await fixture.send(.post, path, #"{"model":"my-own"}"#)
            .decoded()
        #expect(unpriced.refusals.map(\.reason) == ["unpriced_model"])
        #expect(try await fixture.send(.post, "/manage/tokens/\(token.id)/revoke").status == 200)
        let revoked: ExplanationResource = try await fixture.send(.post, path, "{}").decoded()
        #expect(revoked.refusals.map(\.reason) == ["revoked_credential"])
        #expect(try await fixture.send(.post, "/manage/tokens/000000000000/explain", "{}").status == 404)
    }

    @Test func `a question says as much of the request as decides on it`() async throws {
        try limit(own: ["tokens=20000/day"])
        let list: ExplanationResource = try await me("/me/explain?endpoint=models").decoded()
        #expect(list.admitted && list.tokens == 0)
        let fitted: ExplanationResource = try await me("/me/explain?model=gpt-5&n=2&prompt_tokens=0")
            .decoded()
        #expect(fitted.admitted && fitted.outputLimit == 5000 && fitted.tokens == 10_000)
        let path = "/manage/tokens/\(token.id)/explain"
        let read: ExplanationResource = try await fixture.send(
            .post, path, #"{"endpoint":"/v1/models/o3","method":"GET","address":"192.0.2.1"}"#
        ).decoded()
        #expect(read.admitted && read.outputLimit == nil)
        let administration: ExplanationResource = try await fixture.send(
            .post, path, #"{"endpoint":"/v1/models/o3","method":"DELETE"}"#
        ).decoded()
        #expect(administration.refusals.map(\.reason) == ["endpoint_not_granted"])
        #expect(
            try await fixture.send(.patch, "/manage/projects/acme", #"{"state":"disabled"}"#).status == 200)
        let disabled: ExplanationResource = try await fixture.send(.post, path, "{}").decoded()
        #expect(disabled.refusals.map(\.reason) == ["project_disabled"])
    }

    @Test(arguments: [
        ("tokens=x", "tokens"), ("tokens=-1", "tokens"), ("tokens=1&prompt_tokens=1", "tokens"),
        ("cost_usd=free", "cost_usd"), ("endpoint=chat", "endpoint"), ("colour=red", "colour"),
        ("method=PUT", "method"), ("method=GET", "method"), ("address=here", "address"), ("n=-1", "n"),
        ("tokens=1&n=2", "tokens"),
    ])
    func `a question that is none is refused`(_ query: String, _ parameter: String) async throws {
        let answer = try await me("/me/explain?\(query)")
        #expect(answer.status == 422)
        #expect(answer.text.contains(#""param":"\#(parameter)""#))
        let field = query.split(separator: "=").first ?? ""
        guard !query.contains("&"), let value = query.split(separator: "=").last else { return }
        let body = #"{"\#(field)":"\#(value)"}"#
        let managed = try await fixture.send(.post, "/manage/tokens/\(token.id)/explain", body)
        #expect(managed.status == 422)
        #expect(try managed.problem().errors?.first?.pointer == "/\(parameter)")
    }
}
