import Domain
import Foundation
import HTTPTypes
import Synchronization
import Testing
import Vault

@testable import Admin

/// What anyone may do about an access token that they found.
@Suite struct LeakReportingTests {
    private static let hook = "/hooks/github/secret-scanning"

    private func revoke(_ fixture: AdminFixture, _ text: String) async throws -> AdminFixture.Answer {
        try await fixture.sendText("/revoke", "", headers: [:], authorization: "Bearer \(text)")
    }

    @Test func `whoever holds an access token may revoke it`() async throws {
        let fixture = try await AdminFixture()
        try await fixture.project("acme")
        let (bob, eve) = (try await fixture.issue(), try await fixture.issue())
        #expect(try await revoke(fixture, bob.text).status == 202)
        #expect(try await fixture.isRevoked(bob))
        #expect(fixture.isPublishedAsClosed(bob) && !fixture.isPublishedAsClosed(eve))
        #expect(try await !fixture.isRevoked(eve))
        let event = try #require(try await fixture.events(of: bob.id.rawValue).last)
        #expect(event.principal == .holder && event.details.contains(.init("reason", "leaked")))
        let body = [.contentType: "application/json"] as HTTPFields
        let answer = try await fixture.sendText(
            "/revoke", #"{"token":"\#(eve.text)"}"#, headers: body, isAnonymous: true)
        #expect(answer.status == 202)
        #expect(try await fixture.isRevoked(eve))
        #expect(fixture.holders.honey.alarms.count == 2)
    }

    @Test func `the answer never tells whether there is such an access token`() async throws {
        let fixture = try await AdminFixture()
        try await fixture.project("acme")
        let (bob, honey) = (try await fixture.issue(), try await fixture.issue(honey: true))
        var answers: [AdminFixture.Answer] = []
        for text in [bob.text, bob.text, fixture.foreign, honey.text] {
            let start = ContinuousClock.now
            answers.append(try await revoke(fixture, text))
            #expect(ContinuousClock.now - start >= LeakReportingRoutes.answerTime)
        }
        #expect(Set(answers.map(\.status)) == [202])
        #expect(Set(answers.map(\.text)) == [#"{"status":"accepted"}"#])
        let names = answers.map { $0.headers.map(\.name.canonicalName).sorted() }
        #expect(Set(names).count == 1)
        #expect(try await !fixture.isRevoked(honey))
        #expect(fixture.holders.honey.ids == [honey.id])
    }

    @Test func `what is no access token is refused`() async throws {
        let fixture = try await AdminFixture()
        try await fixture.project("acme")
        let bob = try await fixture.issue()
        let managementKey = fixture.keyRing.mint(.managementKey).text.reveal()
        for text in ["", "sk-1", bob.text + "0", "x" + bob.text, managementKey] {
            #expect(try await revoke(fixture, text).status == 400, "\(text)")
        }
        #expect(try await fixture.sendText("/revoke", "", headers: [:], isAnonymous: true).status == 400)
        #expect(try await !fixture.isRevoked(bob))
    }

    @Test func `an address may try ten times a minute`() async throws {
        let fixture = try await AdminFixture()
        try await fixture.project("acme")
        let bob = try await fixture.issue()
        for _ in 0..<LeakReportingRoutes.attemptsPerMinute {
            #expect(try await revoke(fixture, "no").status == 400)
        }
        let refused = try await revoke(fixture, bob.text)
        #expect(refused.status == 429 && refused.headers[.retryAfter] == "60")
        #expect(try await !fixture.isRevoked(bob))
        fixture.state.now.withLock { $0 = $0.adding(milliseconds: 60_000) }
        #expect(try await revoke(fixture, bob.text).status == 202)
        #expect(try await fixture.isRevoked(bob))
    }

    @Test func `attempts are counted by address, in bounded memory`() {
        let limit = AttemptLimit(perMinute: 2)
        let now = Timestamp(seconds: 100)
        func refusal(_ text: String, after: Int64 = 0) -> Int? {
            limit.refusal(of: IPAddress(text), at: now.adding(milliseconds: after))
        }
        for _ in 0..<2 { #expect(refusal("192.0.2.1") == nil) }
        #expect(refusal("192.0.2.1", after: 30_000) == 30)
        #expect(refusal("192.0.2.2") == nil)
        for _ in 0..<2 { #expect(refusal("2001:db8:1:2::1") == nil) }
        #expect(refusal("2001:db8:1:2:ffff::") == 60)
        #expect(refusal("2001:db8:1:3::1") == nil)
        for number in 0..<10_000 { _ = limit.refusal(of: IPAddress(version4: UInt32(number)), at: now) }
        // Those that came late share one count.
        #expect(refusal("198.51.100.1") == 60)
        #expect(refusal("192.0.2.2") == nil)
        #expect(refusal("192.0.2.1", after: 60_000) == nil)
        #expect(refusal("198.51.100.1", after: 60_000) == nil)
    }

    // MARK: - GitHub

    private func deliver(
        _ fixture: AdminFixture, _ event: String, _ body: String, signature: String
    ) async throws -> AdminFixture.Answer {
        var headers = [.contentType: "application/json"] as HTTPFields
        headers[try #require(HTTPField.Name("x-github-event"))] = event
        headers[try #require(HTTPField.Name("x-hub-signature-256"))] = signature
        return try await fixture.sendText(Self.hook, body, headers: headers, isAnonymous: true)
    }

    private func sign(_ body: String) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["openssl", "dgst", "-sha256", "-hmac", AdminFixture.githubSecret, "-hex"]
        let (input, output) = (Pipe(), Pipe())
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        try input.fileHandleForWriting.write(contentsOf: Data(body.utf8))
        try input.fileHandleForWriting.close()
        let text = String(decoding: try output.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
        process.waitUntilExit()
        return "sha256=" + (text.split(whereSeparator: \.isWhitespace).last ?? "")
    }

    @Test func `a signed alert revokes what it tells of, however often it comes`() async throws {
        let fixture = try await AdminFixture()
        try await fixture.project("acme")
        for action in ["created", "reopened", "publicly_leaked"] {
            let bob = try await fixture.issue()
            let body = #"{"action":"\#(action)","alert":{"number":1,"secret":"\#(bob.text)"}}"#
            let signature = try sign(body)
            for _ in 0..<2 {
                let answer = try await deliver(fixture, "secret_scanning_alert", body, signature: signature)
                #expect(answer.status == 202)
            }
            #expect(try await fixture.isRevoked(bob))
            let events = try await fixture.events(of: bob.id.rawValue).filter { $0.action == .tokenRevoked }
            #expect(events.map(\.principal) == [.github])
        }
        let foreign = #"{"action":"created","alert":{"secret":"\#(fixture.foreign)"}}"#
        let answer = try await deliver(
            fixture, "secret_scanning_alert", foreign, signature: try sign(foreign))
        #expect(answer.status == 202)
    }

    @Test func `other events and what is not signed revoke nothing`() async throws {
        let fixture = try await AdminFixture()
        try await fixture.project("acme")
        let bob = try await fixture.issue()
        let body = #"{"action":"resolved","alert":{"secret":"\#(bob.text)"}}"#
        let created = #"{"action":"created","alert":{"secret":"\#(bob.text)"}}"#
        let event = "secret_scanning_alert"
        #expect(try await deliver(fixture, event, body, signature: try sign(body)).status == 202)
        #expect(try await deliver(fixture, "push", created, signature: try sign(created)).status == 202)
        #expect(try await deliver(fixture, "ping", created, signature: try sign(created)).status == 200)
        for signature in ["", "sha256=", try sign(body), try sign(created + " ")] {
            let answer = try await deliver(fixture, event, created, signature: signature)
            #expect(answer.status == 401)
        }
        #expect(try await deliver(fixture, event, "[]", signature: try sign("[]")).status == 400)
        #expect(try await !fixture.isRevoked(bob))
    }
}
