import Domain
import Telemetry
import Testing

@testable import Gateway

/// What an exchange is charged whose usage was not told.
struct ChargingTests {
    private static let chat =
        #"{"model":"gpt-4o-mini","messages":[{"role":"user","content":"Hi"}],"max_tokens":9000}"#
    private static let bound = Int64(chat.utf8.count) + UsageBound.allowance

    @Test func `a client that leaves after the first event pays for what was generated till then`() throws {
        let fixture = try AccountingFixture(["tokens=20000/day"])
        let opened = try fixture.open(Self.chat)
        fixture.answer(opened, "data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\n", form: .events)
        fixture.pass(milliseconds: 1000)
        let settled = try #require(fixture.close(opened, .clientGone))

        #expect(
            settled.usage == Usage(prompt: Self.bound, completion: 6000) && settled.accuracy == .estimated)
        #expect(try fixture.state("tokens/day").used == Self.bound + 6000)
    }

    @Test func `a client without patience burns no more than its time`() throws {
        let fixture = try AccountingFixture(["tokens=100000/day"])
        for _ in 0..<3 {
            let opened = try fixture.open(#"{"model":"gpt-4.1","messages":[]}"#)
            fixture.pass(milliseconds: 1000)
            fixture.close(opened, .clientGone)
        }

        #expect(try fixture.state("tokens/day").used < 3 * 6200)
    }

    @Test func `an answer that is cut behind its head is charged by its time, whole or not`() throws {
        for outcome in [Outcome.completed, .failed(.truncated), .clientGone, .revoked] {
            let fixture = try AccountingFixture(["tokens=20000/day"])
            let opened = try fixture.open(Self.chat)
            fixture.answer(opened)
            fixture.pass(milliseconds: 500)
            fixture.close(opened, outcome)
            #expect(try fixture.state("tokens/day").used == Self.bound + 4500)
        }
    }

    @Test func `what was told is charged as told, and what was never sent costs nothing`() throws {
        let fixture = try AccountingFixture(["tokens=20000/day"])
        let told = try fixture.open(Self.chat)
        fixture.answer(told, AccountingFixture.told(Usage(prompt: 9, completion: 4)))
        fixture.pass(milliseconds: 60_000)
        fixture.close(told)
        #expect(try fixture.state("tokens/day").used == 13)
        let never = try fixture.open(Self.chat)
        fixture.pass(milliseconds: 60_000)
        #expect(fixture.close(never, isDispatched: false) == nil)
        #expect(try fixture.state("tokens/day").used == 13)
    }

    @Test func `an image answer without usage is charged its reservation`() throws {
        let fixture = try AccountingFixture(["tokens=50000/day"])
        let opened = try fixture.open(#"{"model":"gpt-image-1","prompt":"a cat"}"#, .image, kind: .images)
        let reserved = opened.bound.charge.tokens
        fixture.answer(opened, #"{"created":1,"data":[{"b64_json":"AAAA"}]}"#)
        fixture.close(opened)
        #expect(try fixture.state("tokens/day").used == reserved && reserved > 1000)
    }

    @Test func `the clock begins when the request is sent`() throws {
        let fixture = try AccountingFixture(["tokens=20000/day"])
        let opened = try fixture.open(Self.chat)
        fixture.pass(milliseconds: 5000)
        opened.attempt.dispatchedAt = fixture.quotas.now.nanoseconds
        fixture.close(opened, .clientGone)
        #expect(try fixture.state("tokens/day").used == Self.bound + 3000)
    }
}
