import Domain
import Testing

@testable import Gateway

/// What is known of limits before any is asked.
struct LimitScopeTests {
    @Test func `limits on cost and on certain models ask for the model, wherever they stand`() throws {
        for limit in ["cost=1.00/day", "cost=1.00/minute", "requests=1/day:gpt-*", "concurrency=1:gpt-4o"] {
            #expect(try QuotaFixture([limit]).lineage.needsModel, "\(limit)")
            #expect(try QuotaFixture(project: ["requests=9/day", limit]).lineage.needsModel, "\(limit)")
        }
        let plain = try QuotaFixture(["requests=1/day", "concurrency=2"], project: ["tokens=1/minute"])
        #expect(plain.lineage.hasLimits && !plain.lineage.needsModel)
        #expect(try !QuotaFixture().lineage.hasLimits)
    }

    @Test func `limits on cost and quotas of tokens are known whatever models they are about`() throws {
        let cost = try QuotaFixture(["cost=1.00/minute:o3"]).lineage
        #expect(cost.limitsAnyCost && !cost.hasTokenQuota)
        let tokens = try QuotaFixture(project: ["tokens=1/day:o3"]).lineage
        #expect(tokens.hasTokenQuota && !tokens.limitsAnyCost)
        #expect(try !QuotaFixture(["tokens=1/minute"]).lineage.hasTokenQuota)
    }

    @Test func `a limit that is gone asks for nothing`() throws {
        let fixture = try QuotaFixture(["cost=1.00/day"])
        try fixture.set([], of: fixture.accessToken)

        #expect(!fixture.lineage.needsModel && !fixture.lineage.hasLimits)
        #expect(!fixture.lineage.limitsCost(of: "gpt-4o"))
    }

    @Test func `a limit on cost is about the models it names`() throws {
        for fixture in [
            try QuotaFixture(["cost=1.00/day:gpt-*", "requests=1/day:o3"]),
            try QuotaFixture(["requests=1/day:o3"], project: ["cost=1.00/lifetime:gpt-*"]),
        ] {
            #expect(fixture.lineage.limitsCost(of: "gpt-4o"))
            #expect(!fixture.lineage.limitsCost(of: "o3"))
            #expect(!fixture.lineage.limitsCost(of: nil))
        }
    }

    @Test func `a limit on cost without a pattern is about every request`() throws {
        let fixture = try QuotaFixture(["cost=0/minute"])

        #expect(fixture.lineage.limitsCost(of: "gpt-4o") && fixture.lineage.limitsCost(of: nil))
        // Another line of the same project has its own limits.
        let other = fixture.book.lineage(AccessTokenID(unchecked: "000000000001"), of: fixture.projectID)
        #expect(!other.limitsCost(of: "gpt-4o") && !other.needsModel)
    }
}
