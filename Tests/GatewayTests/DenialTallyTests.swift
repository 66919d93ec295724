import Domain
import Gateway
import Testing

@Suite struct DenialTallyTests {
    private let tally = DenialTally()
    private let now = Timestamp(seconds: 1_700_000_000)

    @Test func `the same denial is counted in one place, with its first and last moment`() throws {
        let denial = Denial(.unknownCredential, from: IPAddress("192.0.2.1"))
        for second in [5, 1, 9] { tally.count(denial, at: Timestamp(seconds: Int64(second))) }
        let counts = tally.take()
        let count = try #require(counts.first)
        #expect(counts.count == 1)
        #expect(count.count == 3)
        #expect((count.first, count.last) == (Timestamp(seconds: 1), Timestamp(seconds: 9)))
        #expect(tally.take().isEmpty)
    }

    @Test func `a million denials from everywhere are few rows, and none is lost`() throws {
        let accessToken = try #require(AccessTokenID("Token0000001"))
        for number in 0..<1_000_000 {
            tally.count(
                Denial(.malformedCredential, from: IPAddress(version4: UInt32(number))), at: now)
        }
        tally.count(
            Denial(.revokedCredential, accessToken: accessToken, from: IPAddress("192.0.2.1")), at: now)
        let counts = tally.take()
        #expect(counts.count == DenialTally.capacity + 2)
        #expect(counts.reduce(0) { $0 + $1.count } == 1_000_001)
        // Who showed a credential of ours is still told apart.
        #expect(counts.contains { $0.denial.accessToken == accessToken && $0.count == 1 })
        let rest = try #require(counts.first { $0.isRest })
        #expect(rest.event.details.contains(AuditEvent.Detail("callers", "many")))
        #expect(rest.event.subject == "many")
    }

    @Test func `addresses of one network of version 6 are one caller`() throws {
        for text in ["2001:db8::1", "2001:db8::ffff:0:0:2", "2001:db8:0:1::1"] {
            tally.count(Denial(.missingCredential, from: IPAddress(text)), at: now)
        }
        #expect(tally.take().map(\.count).sorted() == [1, 2])
    }

    @Test func `what could not be written down is counted on`() throws {
        let denial = Denial(.quotaSpent, project: ProjectID("proj_abcdefghijkl"), from: nil)
        tally.count(denial, at: now)
        let taken = tally.take()
        tally.count(denial, at: now.adding(milliseconds: 5))
        tally.giveBack(taken)
        let counts = tally.take()
        #expect(counts.map(\.count) == [2])
        #expect(counts.first?.first == now)
        #expect(counts.first?.event.subject == "proj_abcdefghijkl")
    }
}
