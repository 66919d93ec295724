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
        try explain(question).rejections
    }

    private func explain(_ question: AccessQuestion) throws -> AccessExplanation {
        try holder().explain(question, prices: prices, defaults: UsageBound.Defaults(), at: moment)
    }

    private func limit(_ limits: String...) throws {
        let records = try zip(Int32(1)..., limits).map {
            LimitRecord(account: $0, limit: try Limit(parsing: $1), start: moment.wall)
        }
        book.setLimits(records, of: .project(project.id), at: moment)
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
            try rejections(AccessQuestion(path: AskedPath(usual: .responses)))
                == [.endpointNotGranted, .modelNotGranted(nil)])
    }

    @Test mutating func `an output cap refuses, or lowers what is reserved`() throws {
        let question = AccessQuestion(model: "gpt-4.1", size: .parts(prompt: 10, completion: 500))
        accessToken.grants.outputCap = OutputCap(amount: 100, mode: .refuse)
        #expect(try rejections(question) == [.outputCapExceeded(cap: 100, param: "max_completion_tokens")])
        accessToken.grants.outputCap = OutputCap(amount: 100, mode: .clamp)
        let explanation = try explain(question)
        #expect(explanation.rejections.isEmpty)
        #expect(explanation.charge == Charge(requests: 1, tokens: 110, cost: Money(nanoUSD: 410_000)))
    }

    @Test func `tokens of no kind cost as the dearer kind does`() throws {
        func cost(_ model: String) throws -> Money {
            try explain(AccessQuestion(model: model, size: .tokens(1000))).charge.cost
        }
        #expect(try cost("gpt-4.1") == Money(nanoUSD: 4_000_000))
        #expect(try cost("embed") == Money(nanoUSD: 1_000_000))
        #expect(try cost("unknown") == .zero)
    }

    @Test
    mutating func `a model without a price is refused where its cost is limited, as the project has it`()
        throws
    {
        try limit("cost=1.00/day:my-*")
        #expect(try rejections(AccessQuestion(model: "my-model")) == [.unpricedModel("my-model")])
        #expect(try rejections(AccessQuestion(model: "other")) == [])
        #expect(
            try rejections(AccessQuestion(model: "my-model", cost: Money(nanoUSD: 1_000_000_000))) == [])
        project.unpriced = .allow
        #expect(try rejections(AccessQuestion(model: "my-model")) == [])
        let dear = AccessQuestion(model: "my-model", cost: Money(nanoUSD: 1_000_000_001))
        #expect(try rejections(dear).map(\.reason) == ["quota_spent"])
    }

    @Test mutating func `reading the list of models asks for no model`() throws {
        accessToken.grants.models = [try #require(ModelPattern("gpt-*"))]
        #expect(try rejections(AccessQuestion(path: AskedPath(usual: .models))) == [])
        #expect(try rejections(AccessQuestion(path: AskedPath(.get, "/v1/models/gpt-5"))) == [])
        let other = AccessQuestion(path: try AskedPath(.get, "/v1/models/o3"))
        #expect(try rejections(other) == [.modelNotGranted("o3")])
    }

    @Test func `what is free takes nothing but a request, whatever is stated of it`() throws {
        try limit("tokens=1/day", "cost=0.00/day")
        let free = AccessQuestion(
            model: "gpt-4.1", path: AskedPath(usual: .moderations), size: .tokens(500))
        let explanation = try explain(free)
        #expect(explanation.rejections == [])
        #expect(explanation.charge == Charge(requests: 1, tokens: 0, cost: .zero))
    }

    @Test func `a request that names no maximum gets one that fits, or is refused`() throws {
        try limit("tokens=20000/day")
        let question = AccessQuestion(model: "gpt-4.1", size: .parts(prompt: 100, completion: nil))
        let fitted = try explain(question)
        #expect(fitted.rejections == [] && fitted.fittedOutput == 9950)
        #expect(fitted.charge.tokens == 10_050)
        try limit("tokens=900/day")
        let refused = try explain(question)
        #expect(refused.rejections.map(\.reason) == ["quota_spent"] && refused.fittedOutput == 0)
    }

    @Test mutating func `everything that stands against it is told, what is met first at first`() throws {
        project.state = .disabled
        accessToken.grants.networks = ["10.0.0.0/8"]
        accessToken.grants.endpoints = []
        accessToken.grants.models = []
        try limit("requests=0/day", "concurrency=0")
        var question = AccessQuestion(model: "gpt-4.1")
        question.client = IPAddress("192.0.2.1")
        let rejections = try rejections(question)
        #expect(
            rejections.map(\.reason) == [
                "project_disabled", "address_not_granted", "endpoint_not_granted", "model_not_granted",
                "quota_spent", "quota_spent",
            ])
    }

    @Test mutating func `an address that is left open is one that is granted`() throws {
        accessToken.grants.networks = ["10.0.0.0/8"]
        #expect(try rejections(AccessQuestion(model: "gpt-4.1")) == [])
        accessToken.grants.networks = []
        #expect(try rejections(AccessQuestion(model: "gpt-4.1")) == [.addressNotGranted])
    }
}
