import Domain
import Foundation
import HTTPTypes
import Storage
import Synchronization
import Testing

@testable import Admin

@Suite struct LeakRoutesTests {
    @Test func `whatever stands in a text is revoked and told of, once, in its order`() async throws {
        let fixture = try await AdminFixture()
        let project = try await fixture.project("acme")
        let (bob, eve) = (try await fixture.issue(), try await fixture.issue(name: "eve"))
        let other = try await fixture.issue(name: "other")
        let foreign = fixture.foreign
        let report = try await fixture.revokeLeaked(
            "a log: \(eve.text)\(foreign) and {\"key\":\"\(bob.text)\"} and again \(eve.text) \(foreign)")
        #expect(report.tokens.map(\.id) == [eve.id.rawValue, bob.id.rawValue])
        #expect(report.unknown == 1 && !report.dryRun && report.managementKeys.isEmpty)
        let first = try #require(report.tokens.first)
        #expect(first.project == project.id && first.projectName == "acme" && first.name == "eve")
        #expect(first.status == "active" && first.outcome == .revoked)
        #expect(first.usage.amounts.requests == 0 && first.lastUsedAt == nil)
        #expect(first.usage.since == "2027-01-15T08:00:00.000Z")
        for (issued, isRevoked) in [(bob, true), (eve, true), (other, false)] {
            #expect(try await fixture.isRevoked(issued) == isRevoked)
            #expect(
                fixture.isPublishedAsClosed(issued) == isRevoked)
        }
        let event = try #require(try await fixture.events(of: bob.id.rawValue).last)
        #expect(event.action == .tokenRevoked && event.details.contains(.init("reason", "leaked")))
        #expect(fixture.holders.honey.alarms.count == 2)

        let again = try await fixture.revokeLeaked(bob.text)
        #expect(again.tokens.map(\.outcome) == [.alreadyRevoked])
        #expect(again.tokens.map(\.status) == ["revoked"])
        #expect(fixture.holders.honey.alarms.count == 2)
    }

    @Test func `a dry run tells the same and changes nothing`() async throws {
        let fixture = try await AdminFixture()
        try await fixture.project("acme")
        let bob = try await fixture.issue()
        let before = try await fixture.store.auditEvents(limit: 1000).count
        let report = try await fixture.revokeLeaked(bob.text + " " + fixture.key, query: "?dry_run=true")
        #expect(report.dryRun && report.tokens.map(\.outcome) == [.wouldBeRevoked])
        #expect(report.managementKeys.map(\.outcome) == [.wouldBeRevoked])
        #expect(try await !fixture.isRevoked(bob))
        #expect(try await fixture.store.auditEvents(limit: 1000).count == before)
        #expect(fixture.holders.honey.alarms.isEmpty)
    }

    @Test func `an id with another secret revokes nothing`() async throws {
        let fixture = try await AdminFixture()
        try await fixture.project("acme")
        let bob = try await fixture.issue()
        // The secret of another one behind bob's id, with the right checksum.
        let covered = bob.id.rawValue + "_" + String(fixture.foreign.dropFirst(16).prefix(43))
        let forged =
            "lk_" + covered
            + String(decoding: Base62.encode(UInt64(Self.crc(covered)), width: 6), as: UTF8.self)
        let report = try await fixture.revokeLeaked(forged)
        #expect(report.tokens.isEmpty && report.unknown == 1)
        #expect(try await !fixture.isRevoked(bob))
        var changed = Array(bob.text)
        changed[20] = changed[20] == "A" ? "B" : "A"
        #expect(try await fixture.revokeLeaked(String(changed)).unknown == 0)
        #expect(try await !fixture.isRevoked(bob))
    }

    @Test func `management keys are revoked too, but never the last that may do everything`() async throws {
        let fixture = try await AdminFixture()
        try await fixture.project("acme")
        let bob = try await fixture.issue()
        let issue = try await fixture.bearer(.issue)
        let text = "\(bob.text) \(issue.dropFirst(7)) \(fixture.key)"
        let limited = try await fixture.revokeLeaked(text, as: issue)
        #expect(limited.tokens.map(\.outcome) == [.revoked])
        #expect(limited.managementKeys.map(\.outcome) == [.needsAdmin, .needsAdmin])
        #expect(try await fixture.send(.get, "/manage/tokens", authorization: issue).status == 200)

        let report = try await fixture.revokeLeaked(text)
        #expect(report.managementKeys.map(\.outcome) == [.revoked, .lastKey])
        #expect(try await fixture.send(.get, "/manage/tokens", authorization: issue).status == 401)
        #expect(try await fixture.send(.get, "/manage/tokens").status == 200)

        let other = try await fixture.bearer(.admin)
        let both = try await fixture.revokeLeaked("\(fixture.key) \(other.dropFirst(7))", as: other)
        #expect(both.managementKeys.map(\.outcome) == [.revoked, .lastKey])
        #expect(try await fixture.send(.get, "/manage/tokens").status == 401)
        #expect(try await fixture.send(.get, "/manage/tokens", authorization: other).status == 200)
    }

    @Test func `a key of one project revokes and sees that one's only`() async throws {
        let fixture = try await AdminFixture()
        try await fixture.project("acme")
        try await fixture.project("other")
        let (own, far) = (try await fixture.issue(), try await fixture.issue("other"))
        let bearer = try await fixture.bearer(.admin, project: "acme")
        let report = try await fixture.revokeLeaked("\(own.text) \(far.text) \(fixture.key)", as: bearer)
        #expect(report.tokens.map(\.id) == [own.id.rawValue])
        #expect(report.managementKeys.isEmpty && report.unknown == 2)
        #expect(try await fixture.isRevoked(own))
        #expect(try await !fixture.isRevoked(far))
        let read = try await fixture.bearer(.read)
        let refused = try await fixture.sendText(
            "/manage/tokens/revoke-leaked", far.text, authorization: read)
        #expect(refused.status == 403)
    }

    @Test func `a honey token in the text stays`() async throws {
        let fixture = try await AdminFixture()
        try await fixture.project("acme")
        let honey = try await fixture.issue(honey: true)
        #expect(try await fixture.revokeLeaked(honey.text).tokens.map(\.outcome) == [.honey])
        #expect(try await !fixture.isRevoked(honey))
        #expect(fixture.holders.honey.alarms.isEmpty)
    }

    @Test func `an invitation in the text is taken back, unless it is too late`() async throws {
        let fixture = try await AdminFixture()
        try await fixture.project("acme")
        try await fixture.project("other")
        let (open, claimed) = (try await fixture.invite(), try await fixture.invite(name: "eve"))
        let claim = try await fixture.send(.post, "/claim", #"{"secret":"\#(claimed.secret)"}"#)
        let token = try claim.decoded(ClaimResource.self).id
        let text = "\(claimed.secret) \(open.secret)"

        let other = try await fixture.bearer(.issue, project: "other")
        let unseen = try await fixture.revokeLeaked(text, as: other)
        #expect(unseen.invitations.isEmpty && unseen.unknown == 2)
        let dry = try await fixture.revokeLeaked(text, query: "?dry_run=true")
        #expect(dry.invitations.map(\.outcome) == [.claimed, .wouldBeRevoked])
        let report = try await fixture.revokeLeaked(text)
        #expect(report.invitations.map(\.id) == [claimed.id, open.id] && report.unknown == 0)
        #expect(report.invitations.map(\.outcome) == [.claimed, .revoked])
        #expect(report.invitations.map(\.tokenID) == [token, nil])
        let again = try await fixture.revokeLeaked(text)
        #expect(again.invitations.map(\.outcome) == [.claimed, .alreadyRevoked])

        #expect(try await fixture.send(.post, "/claim", #"{"secret":"\#(open.secret)"}"#).status == 410)
        #expect(try await fixture.store.accessToken(#require(AccessTokenID(token)))?.revokedAt == nil)
        let event = try #require(try await fixture.events(of: open.id).last)
        #expect(event.action == .invitationRevoked && event.details.contains(.init("reason", "leaked")))
        #expect(fixture.holders.honey.alarms.isEmpty)
    }

    @Test func `usage since a moment is told, of each access token by itself`() async throws {
        let fixture = try await AdminFixture()
        let project = try await fixture.project("acme")
        let (bob, eve) = (try await fixture.issue(), try await fixture.issue(name: "eve"))
        let start = Timestamp(seconds: 1_800_000_000)
        fixture.state.now.withLock { $0 = start.adding(milliseconds: 3_600_000) }
        for (number, (issued, offset)) in [(bob, 1000), (bob, 1_900_500), (eve, 5000)].enumerated() {
            var row = LedgerRow(
                id: LedgerID(generation: 1, sequence: Int64(number + 1)),
                admittedAt: start.adding(milliseconds: Int64(offset)),
                project: try #require(ProjectID(project.id)), accessToken: issued.id, lineage: issued.id,
                endpoint: "chat_completions", client: .loopback, modelAsked: nil, priceVersion: 1,
                accounts: [],
                outcome: "completed",
                charge: Charge(requests: 1, tokens: 30, cost: Money(nanoUSD: 2_000_000)),
                accuracy: .exact)
            row.usage = Usage(prompt: 10, completion: 20)
            _ = try await fixture.store.appendLedger([row])
        }
        let all = try await fixture.revokeLeaked(bob.text + "," + eve.text, query: "?dry_run=true")
        #expect(all.tokens.map(\.usage.amounts.requests) == [2, 1])
        #expect(all.tokens.map(\.usage.amounts.costUSD) == ["0.004", "0.002"])
        let late = try await fixture.revokeLeaked(
            bob.text + "," + eve.text, query: "?usage_since=2027-01-15T08:31:40.500Z")
        #expect(late.tokens.map(\.usage.amounts.requests) == [1, 0])
        #expect(late.tokens.map(\.usage.since) == Array(repeating: "2027-01-15T08:31:40.500Z", count: 2))
    }

    @Test func `what is wrong with the call is told, and nothing is revoked`() async throws {
        let fixture = try await AdminFixture()
        try await fixture.project("acme")
        let bob = try await fixture.issue()
        let path = "/manage/tokens/revoke-leaked"
        for (query, pointer) in [
            ("?dry_run=yes", "?dry_run"), ("?usage_since=yesterday", "?usage_since"), ("?x=1", "?x"),
            ("?usage_since=2099-01-01T00:00:00Z", "?usage_since"),
        ] {
            let answer = try await fixture.sendText(path + query, bob.text)
            #expect(answer.status == 422)
            #expect(try answer.problem().errors?.map(\.pointer) == [pointer])
        }
        for headers in [[:], [.contentType: "application/json"]] as [HTTPFields] {
            #expect(try await fixture.sendText(path, bob.text, headers: headers).status == 415)
        }
        let large = [.contentType: "text/plain", .contentLength: "67108865"] as HTTPFields
        #expect(try await fixture.sendText(path, bob.text, headers: large).status == 413)
        #expect(try await fixture.sendText(path, bob.text, isAnonymous: true).status == 401)
        #expect(try await !fixture.isRevoked(bob))
        let binary = [.contentType: "application/octet-stream"] as HTTPFields
        #expect(try await fixture.sendText(path, "\0\u{1}" + bob.text, headers: binary).status == 200)
        #expect(try await fixture.isRevoked(bob))
    }

    /// CRC-32 (ISO-HDLC), bit by bit.
    private static func crc(_ text: String) -> UInt32 {
        var value: UInt32 = .max
        for byte in text.utf8 {
            value ^= UInt32(byte)
            for _ in 0..<8 { value = value & 1 == 1 ? 0xEDB8_8320 ^ (value >> 1) : value >> 1 }
        }
        return ~value
    }

    @Test func `a text with many is revoked in steps, each published before the next`() async throws {
        let fixture = try await AdminFixture()
        let project = try await fixture.control.project((try await fixture.project("acme")).id)
        var text = ""
        let count = RevocationStep.limit + 3
        for _ in 0..<count {
            let issued = try await fixture.control.issueAccessToken(
                AccessTokenOrder(
                    project: project.id, name: try #require(Label("bob")), lifetime: .endless),
                by: .console(at: fixture.state.readClock()))
            text += issued.text.reveal() + "\n"
        }
        let invitation = try await fixture.invite()
        let before = fixture.published.events.count
        let report = try await fixture.revokeLeaked(text + invitation.secret)
        #expect(report.tokens.count == count && report.tokens.allSatisfy { $0.outcome == .revoked })
        #expect(report.invitations.map(\.outcome) == [.revoked])
        let closed = fixture.published.events.dropFirst(before).map { event in
            if case .accessTokens(_, let closed) = event { closed.count } else { -1 }
        }
        // The invitations' step publishes none.
        #expect(Array(closed) == [RevocationStep.limit, 3, 0])
        #expect(fixture.holders.honey.alarms.count == count)
    }
}
