import Domain
import Synchronization
import Telemetry
import Testing
import Vault

@testable import Gateway

/// What a holder is told without a request: by the code that admits, and without a use.
struct HolderTests {
    private let book = QuotaBook(defaultPeriods: QuotaFixture.utc)
    private var project: Project
    private var accessToken: AccessToken
    private let prices = PriceTable(
        version: 1, source: "test", date: "2026-11-21",
        prices: [
            "gpt-4.1": ModelPrice(
                prompt: Money(nanoUSD: 1_000_000_000), completion: Money(nanoUSD: 4_000_000_000)),
            "embed": ModelPrice(prompt: Money(nanoUSD: 1_000_000_000), completion: .zero),
        ])
    private let moment = QuotaMoment(wall: Timestamp(seconds: 100), nanoseconds: 100_000_000_000)

    init() throws {
        project = Project(
            id: ProjectID(unchecked: "proj_000000000001"), name: try #require(ProjectName("acme")),
            upstream: .dummy, state: .active, createdAt: Timestamp(seconds: 0),
            updatedAt: Timestamp(seconds: 0))
        accessToken = AccessToken(
            id: AccessTokenID(unchecked: "Token0000001"), project: project.id,
            name: try #require(Label("bob")),
            hash: try #require(CredentialHash(bytes: [UInt8](repeating: 7, count: 32))),
            createdAt: Timestamp(seconds: 0), expiresAt: nil)
    }

    private func holder(recorded: @escaping @Sendable (AccessTokenID) -> Void = { _ in }) throws(Rejection)
        -> Holder
    {
        var directory = AccessDirectory(quotas: book)
        directory.put(project, key: nil)
        // One that is revoked was there before.
        var before = accessToken
        before.revokedAt = nil
        directory.put(before)
        directory.put(accessToken)
        let admission = Admission(
            keys: KeyRing.generate(masterKey: .generate()).0, metrics: ExchangeMetrics(),
            recordExpiry: { id, _ in recorded(id) }, recordHoneyUse: { _, _, _ in })
        return try admission.holder(of: accessToken.hash, at: Timestamp(seconds: 100), in: directory)
    }

    private func rejections(_ question: AccessQuestion) throws -> [Rejection] {
        try holder().explain(question, prices: prices, at: moment).rejections
    }

    @Test mutating func `asking is no use, and refuses whoever is not admitted`() throws {
        let holder = try holder()
        #expect(holder.grant.use.lastUsedAt == Timestamp(seconds: 0))
        #expect(holder.route.name == project.name)
        accessToken.grants.notBefore = Timestamp(seconds: 101)
        #expect(throws: Rejection.prematureCredential) { try self.holder() }
        accessToken.grants.notBefore = nil
        accessToken.expiresAt = Timestamp(seconds: 100)
        let recorded = Mutex<[AccessTokenID]>([])
        #expect(throws: Rejection.expiredCredential) {
            try self.holder { id in recorded.withLock { $0.append(id) } }
        }
        #expect(recorded.withLock { $0 } == [accessToken.id])
        accessToken.revokedAt = Timestamp(seconds: 99)
        #expect(throws: Rejection.revokedCredential) { try self.holder() }
    }

    @Test mutating func `grants refuse what they do not name`() throws {
        accessToken.grants.models = [try #require(ModelPattern("gpt-*"))]
        accessToken.grants.endpoints = [.embeddings]
        #expect(try rejections(AccessQuestion(model: "gpt-4.1")) == [])
        #expect(try rejections(AccessQuestion(model: "o3")) == [.modelNotGranted("o3")])
        #expect(
            try rejections(AccessQuestion(endpoint: .responses))
                == [.endpointNotGranted, .modelNotGranted(nil)])
    }

    @Test mutating func `an output cap refuses, or lowers what is reserved`() throws {
        let question = AccessQuestion(model: "gpt-4.1", size: .parts(prompt: 10, completion: 500))
        accessToken.grants.outputCap = OutputCap(amount: 100, mode: .refuse)
        #expect(try rejections(question) == [.outputCapExceeded(cap: 100, param: "max_output_tokens")])
        accessToken.grants.outputCap = OutputCap(amount: 100, mode: .clamp)
        let explanation = try holder().explain(question, prices: prices, at: moment)
        #expect(explanation.rejections.isEmpty)
        #expect(explanation.charge == Charge(requests: 1, tokens: 110, cost: Money(nanoUSD: 410_000)))
    }

    @Test func `tokens of no kind cost as the dearer kind does`() throws {
        func cost(_ model: String) throws -> Money {
            try holder().explain(
                AccessQuestion(model: model, size: .tokens(1000)), prices: prices, at: moment
            ).charge.cost
        }
        #expect(try cost("gpt-4.1") == Money(nanoUSD: 4_000_000))
        #expect(try cost("embed") == Money(nanoUSD: 1_000_000))
        #expect(try cost("unknown") == .zero)
    }

    @Test
    mutating func `a model without a price is refused where its cost is limited, as the project has it`()
        throws
    {
        let limit = try Limit(parsing: "cost=1.00/day:my-*")
        book.setLimits(
            [LimitRecord(account: 1, limit: limit, start: moment.wall)], of: .project(project.id), at: moment)
        #expect(try rejections(AccessQuestion(model: "my-model")) == [.unpricedModel("my-model")])
        #expect(try rejections(AccessQuestion(model: "other")) == [])
        #expect(
            try rejections(AccessQuestion(model: "my-model", cost: Money(nanoUSD: 1_000_000_000))) == [])
        project.unpriced = .allow
        #expect(try rejections(AccessQuestion(model: "my-model")) == [])
        let dear = AccessQuestion(model: "my-model", cost: Money(nanoUSD: 1_000_000_001))
        #expect(try rejections(dear).map(\.reason) == ["quota_spent"])
    }
}
