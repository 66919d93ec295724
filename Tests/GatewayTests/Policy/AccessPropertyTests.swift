import Domain
import Foundation
import Testing

@testable import Gateway

/// What `explain` says of a request is what the data path does with it: the same first refusal, and where
/// there is none the same charge and the same maximum of output.
struct AccessPropertyTests {
    private static let accessTokens =
        ProcessInfo.processInfo.environment["VERIFY"] == "1" ? 50_000 : 1_500
    private static let addresses = ["10.1.2.3", "10.9.9.9", "2001:db8::1"].map { IPAddress($0) }
    private static let limits = [
        "requests=2/hour", "requests=0/day:o3", "requests=1/minute", "tokens=3000/day",
        "tokens=20000/lifetime:gpt-*", "tokens=200000/day", "tokens=300/minute", "tokens=9000/minute",
        "cost=0.05/month", "cost=5.00/day:o3", "cost=0.001/minute", "concurrency=1", "concurrency=0:my-*",
    ]

    /// A project and an access token of whatever kind.
    private struct Sample {
        var random: SplitMix
        var project: Project
        var accessToken: AccessToken
        var hasKey = true

        init(seed: UInt64, _ fixture: DataPathFixture) throws {
            random = SplitMix(state: seed)
            (project, accessToken) = (fixture.project, fixture.accessToken)
            project.state = pick([.active, .active, .active, .active, .active, .disabled, .archived])
            project.unknownEndpoints = pick([.refuse, .allow])
            project.unboundedOutput = pick([.fit, .fit, .refuse])
            project.unpriced = pick([
                .refuse, .refuse, .allow,
                .defaultPrice(prompt: Money(nanoUSD: 9_000_000_000), completion: Money(nanoUSD: 0)),
            ])
            project.upstream = .dummy
            if random.below(8) == 0 {
                project.upstream = try UpstreamURL(parsing: "https://upstream.example/v1")
                hasKey = random.below(2) == 0
            }
            accessToken.expiresAt = pick([nil, nil, nil, DataPathFixture.expiry, QuotaFixture.start])
            accessToken.grants = try grants()
        }

        mutating func pick<Element>(_ elements: [Element]) -> Element {
            elements[random.below(elements.count)]
        }

        private mutating func grants() throws -> Grants {
            var grants = Grants()
            let models: [String]? = pick([nil, nil, ["gpt-*"], ["gpt-4.1", "my-*"], ["*"], []])
            grants.models = try models?.map { try #require(ModelPattern($0)) }
            if random.below(2) == 0 {
                var kinds: [EndpointKind] = pick([[], [.chatCompletions, .responses, .embeddings]])
                for _ in 0..<random.below(8) { kinds.append(pick(EndpointKind.allCases)) }
                grants.endpoints = Set(kinds)
            }
            grants.networks = pick([nil, nil, nil, ["10.1.0.0/16"], ["10.0.0.0/8", "2001:db8::/32"], []])
            grants.notBefore = pick([nil, nil, nil, nil, nil, nil, nil, DataPathFixture.expiry])
            let cap: String? = pick([nil, nil, "100", "2000:clamp", "2", "60000:clamp"])
            grants.outputCap = cap.flatMap { OutputCap($0) }
            grants.unboundedOutput = pick([nil, nil, .fit, .refuse])
            return grants
        }

        /// Some of which are used up, or nearly so.
        mutating func records(_ count: Int, from account: Int32) throws -> [LimitRecord] {
            try (0..<count).map { index in
                let limit = try Limit(parsing: pick(AccessPropertyTests.limits))
                let used =
                    limit.id.isQuota ? pick([0, 0, limit.amount / 2, limit.amount - 1, limit.amount]) : 0
                return LimitRecord(
                    account: account + Int32(index), limit: limit, start: QuotaFixture.start,
                    used: max(0, used))
            }
        }
    }

    /// How often each answer was given, so that no case goes missing unseen.
    private struct Count {
        var answers: [String: Int] = [:]

        mutating func note(_ answer: String) { answers[answer, default: 0] += 1 }
    }

    @Test func `explain says what the data path does`() throws {
        let fixture = try DataPathFixture()
        var count = Count()
        for seed in 0..<UInt64(Self.accessTokens) {
            var sample = try Sample(seed: seed, fixture)
            let (own, shared) = (sample.random.below(4), sample.random.below(3))
            fixture.put(
                sample.project, hasKey: sample.hasKey, sample.accessToken,
                limits: try sample.records(own, from: 1), projectLimits: try sample.records(shared, from: 100)
            )
            for _ in 0..<2 {
                let request = RequestSample(&sample.random, addresses: Self.addresses)
                try check(request, fixture, seed, &count)
                if sample.random.below(3) == 0 { fixture.closeAll() }
                fixture.pass(milliseconds: Int64(sample.random.below(20_000)))
            }
        }
        let reasons = Set(count.answers.keys)
        let expected: Set = [
            "passed", "fitted", "project_disabled", "address_not_granted", "endpoint_not_granted",
            "unknown_endpoint", "no_upstream_credential", "model_not_granted", "output_cap_exceeded",
            "unpriced_model", "quota_spent", "rate_limited", "expired_credential", "premature_credential",
            "malformed_body", "unknown_url",
        ]
        #expect(expected.subtracting(reasons) == [], "\(count.answers)")
    }

    private func check(
        _ request: RequestSample, _ fixture: DataPathFixture, _ seed: UInt64, _ count: inout Count
    ) throws {
        let told: Result<AccessExplanation?, Rejection> = Result { () throws(Rejection) in
            try fixture.explain(request, try AskedPath(request.method, request.target))
        }
        let done = Result { () throws(Rejection) in try fixture.send(request) }
        let place: Comment = "seed \(seed): \(request)"
        switch (done, told) {
        case (.success(let passed), .success(let explanation?)):
            count.note(passed.fittedOutput > 0 ? "fitted" : "passed")
            #expect(explanation.rejections == [], place)
            #expect(explanation.charge == passed.charge, place)
            #expect(explanation.fittedOutput == passed.fittedOutput, place)
        case (.failure(let rejection), .success(let explanation?)):
            count.note(rejection.internalReason)
            #expect(explanation.rejections.first == rejection, place)
        case (.failure(let rejection), .failure(let refusal)):
            count.note(rejection.internalReason)
            #expect(rejection == refusal, place)
        case (.failure(let rejection), .success(nil)):
            // A body that cannot be read is not asked about; what refuses before it is read may come first.
            count.note(rejection.internalReason)
            guard rejection != .malformedBody else { return }
            var unread = request
            unread.content = .json
            let explanation = try fixture.explain(unread, try AskedPath(request.method, request.target))
            #expect(explanation?.rejections.first == rejection, place)
        case (.success, .failure), (.success, .success(nil)):
            Issue.record("it passed, and explain says otherwise: \(place)")
        }
    }
}
