import Domain
import Testing

@testable import Gateway

/// What a request leaves behind that is refused, and what one takes that is not.
struct AccountingTests {
    private static let chat = #"{"model":"gpt-4o-mini","messages":[],"max_tokens":900}"#

    @Test func `a refused request takes neither a slot of the journal nor anything of a limit`() throws {
        let fixture = try AccountingFixture(["tokens=2000/day", "requests=9/day"], slots: 1)
        #expect(fixture.refusal(#"{"model":"gpt-4o-mini","messages":[],"max_tokens":5000}"#)?.isQuota == true)
        #expect(try fixture.state("requests/day").reserved == 0)
        let opened = try fixture.open(Self.chat)
        #expect(try fixture.state("requests/day").reserved == 1)
        fixture.close(opened, isDispatched: false)
        #expect(try fixture.state("tokens/day").reserved == 0)
    }

    @Test func `without a free slot nothing is let through, and nothing is reserved`() throws {
        let fixture = try AccountingFixture(["requests=9/day"], slots: 1)
        let opened = try fixture.open(Self.chat)
        #expect(throws: Rejection.ledgerUnavailable) { try fixture.open(Self.chat) }
        #expect(try fixture.state("requests/day").reserved == 1)
        fixture.close(opened, isDispatched: false)
        let next = try fixture.open(Self.chat)
        fixture.close(next, isDispatched: false)
    }

    @Test func `what is refused by its model or cap is refused whatever is left`() throws {
        var grants = Grants()
        grants.models = [try #require(ModelPattern("gpt-*"))]
        grants.outputCap = OutputCap("100")
        let fixture = try AccountingFixture(["requests=0/day"], grants: grants)
        #expect(throws: Rejection.modelNotGranted("o3")) { try fixture.open(#"{"model":"o3"}"#) }
        #expect(throws: Rejection.outputCapExceeded(cap: 100, param: "max_tokens")) {
            try fixture.open(Self.chat)
        }
        #expect(fixture.refusal(#"{"model":"gpt-4.1"}"#)?.limit.id.metric == .requests)
    }
}
