import Domain
import Testing

@testable import Gateway

/// The steps of the decision, and what each of them looks at. That explanations and the data path agree on
/// all of them is held by ``AccessPropertyTests``.
struct AccessDecisionTests {
    private let fixture: DataPathFixture

    init() throws { fixture = try DataPathFixture() }

    private func put(_ change: (inout Project, inout AccessToken) throws -> Void, limits: String...) throws {
        var (project, accessToken) = (fixture.project, fixture.accessToken)
        try change(&project, &accessToken)
        let records = try zip(Int32(1)..., limits).map {
            LimitRecord(account: $0, limit: try Limit(parsing: $1), start: QuotaFixture.start)
        }
        fixture.put(project, hasKey: false, accessToken, limits: records)
    }

    private func rejection(_ target: String, _ method: RequestMethod = .post, body: String? = nil)
        -> Rejection?
    {
        var request = RequestSample(method: method, target: target)
        request.content = body.map { .text($0) } ?? .none
        do throws(Rejection) {
            _ = try fixture.send(request)
            return nil
        } catch {
            return error
        }
    }

    @Test func `a model is asked about as it is granted`() throws {
        #expect(rejection("/v1/models/b", .get) == nil)
        try put { $1.grants.models = [try #require(ModelPattern("a")), try #require(ModelPattern("org/*"))] }
        for target in ["/v1/models", "/v1/models/a", "/v1/models/org%2Fb", "/models/org/b"] {
            #expect(rejection(target, .get) == nil, "\(target)")
        }
        #expect(rejection("/v1/models/b", .get) == .modelNotGranted("b"))
        #expect(rejection("/models/a%20b", .head) == .modelNotGranted("a b"))
        #expect(rejection("/v1/chat/completions", body: #"{"model":"a"}"#) == nil)
        #expect(rejection("/v1/chat/completions", body: #"{"model":"b"}"#) == .modelNotGranted("b"))
        #expect(rejection("/v1/chat/completions", body: "{}") == .modelNotGranted(nil))
        #expect(rejection("/v1/moderations", body: #"{"model":"b"}"#) == nil)
    }

    @Test func `an address that is unknown or not granted is refused before its endpoint`() throws {
        try put {
            $1.grants.networks = ["10.0.0.0/8"]
            $1.grants.endpoints = []
        }
        #expect(rejection("/v1/models", .get) == .addressNotGranted)
        var request = RequestSample(method: .get, target: "/v1/models", client: IPAddress("192.0.2.1"))
        request.content = .none
        #expect(throws: Rejection.addressNotGranted) { try fixture.send(request) }
        request.client = IPAddress("10.1.2.3")
        #expect(throws: Rejection.endpointNotGranted) { try fixture.send(request) }
    }

    @Test func `a refused head is no use of the access token`() throws {
        try put { $1.grants.endpoints = [.embeddings] }
        fixture.pass(milliseconds: 1000)
        #expect(rejection("/v1/responses", body: "{}") == .endpointNotGranted)
        #expect(try fixture.holder().grant.use.lastUsedAt == QuotaFixture.start)
        #expect(rejection("/v1/embeddings", body: "{}") == nil)
        #expect(try fixture.holder().grant.use.lastUsedAt == fixture.now.wall)
    }

    @Test func `an upstream without a key is told before the body is read`() throws {
        try put { project, _ in project.upstream = try UpstreamURL(parsing: "https://upstream.example/v1") }
        #expect(rejection("/v1/chat/completions", body: "{") == .noUpstreamCredential)
    }

    @Test func `what cannot be read must be granted by name, where something depends on it`() throws {
        #expect(rejection("/v1/batches", body: "{}") == nil)
        try put({ _, _ in }, limits: "tokens=1000/minute")
        #expect(rejection("/v1/batches", body: "{}") == nil)
        try put({ _, _ in }, limits: "tokens=1000/day:o3")
        #expect(rejection("/v1/batches", body: "{}") == .endpointUnnamed(.batches, .tokens))
        try put({ _, _ in }, limits: "cost=1.00/minute:o3")
        #expect(rejection("/v1/batches", body: "{}") == .endpointUnnamed(.batches, .cost))
        try put { $1.grants.models = [try #require(ModelPattern("gpt-*"))] }
        #expect(rejection("/v1/batches", body: "{}") == .endpointUnnamed(.batches, .model))
        #expect(rejection("/v1/threads/t/runs", body: "{}") == .endpointUnnamed(.threads, .model))
        try put { $1.grants.endpoints = [.batches, .threads] }
        #expect(rejection("/v1/batches", body: "{}") == nil)
        #expect(rejection("/v1/threads/t/runs", body: "{}") == nil)
    }

    @Test func `a body that names more models than one needs the endpoint's name`() throws {
        let body = #"{"model":"gpt-5","models":["o3"]}"#
        #expect(rejection("/v1/chat/completions", body: body) == nil)
        try put { $1.grants.models = [try #require(ModelPattern("gpt-*"))] }
        #expect(
            rejection("/v1/chat/completions", body: body) == .endpointUnnamed(.chatCompletions, .model))
        #expect(rejection("/v1/moderations", body: body) == nil)
        try put {
            $1.grants.models = [try #require(ModelPattern("gpt-*"))]
            $1.grants.endpoints = [.chatCompletions]
        }
        #expect(rejection("/v1/chat/completions", body: body) == nil)
    }

    @Test
    func `a hosted tool in the background needs the endpoint's name where a quota bounds tokens or cost`()
        throws
    {
        let body = #"{"model":"gpt-5","background":true,"tools":[{"type":"web_search"}]}"#
        #expect(rejection("/v1/responses", body: body) == nil)
        try put({ _, _ in }, limits: "tokens=1000000/day")
        #expect(rejection("/v1/responses", body: body) == .endpointUnnamed(.responses, .tokens))
        #expect(rejection("/v1/responses", body: #"{"model":"gpt-5","background":true}"#) == nil)
        try put({ $1.grants.endpoints = [.responses] }, limits: "tokens=1000000/day")
        #expect(rejection("/v1/responses", body: body) == nil)
    }

    @Test func `the model is judged before the cap on output, and that before the price`() throws {
        try put(
            {
                $1.grants.models = [try #require(ModelPattern("my-*"))]
                $1.grants.outputCap = OutputCap("10")
            }, limits: "cost=1.00/day")
        let path = "/v1/chat/completions"
        #expect(rejection(path, body: #"{"model":"o3","max_tokens":50}"#) == .modelNotGranted("o3"))
        #expect(
            rejection(path, body: #"{"model":"my-m","max_tokens":50}"#)
                == .outputCapExceeded(cap: 10, param: "max_tokens"))
        #expect(rejection(path, body: #"{"model":"my-m","max_tokens":5}"#) == .unpricedModel("my-m"))
    }

    @Test func `a model beside those that are used chooses neither price nor limits`() throws {
        try put({ $1.grants.endpoints = [.evals] }, limits: "requests=0/day:gpt-5")
        #expect(rejection("/v1/evals", body: #"{"model":"gpt-5"}"#) == nil)
    }
}
