import Domain
import Foundation
import GRDB
@testable import Storage
import Testing

@Suite struct AuditChainTests {
    private let fixture: Fixture

    init() throws { fixture = try Fixture() }

    /// A store with ten events.
    private func fill() async throws -> Store {
        let store = try await fixture.create()
        for number in 1..<10 {
            try await store.createProject(fixture.project("p\(number)"), by: .console(at: fixture.now))
        }
        return store
    }

    @Test func `an untouched chain is sound, and so is what is written behind it after a restart`()
        async throws
    {
        do { try await fill().close() }
        let store = try await fixture.open()
        try await store.createProject(
            fixture.project(), by: ChangeContext(by: fixture.operatorKey, at: fixture.now))
        let verdict = try await store.verifyAudit()
        #expect(verdict.firstBad == nil)
        #expect(verdict.checked == 11)
        #expect(verdict.head == (try await store.auditHead()))
        #expect(verdict.head.sequence == 11)
        #expect(verdict.head.hash != .zero)
    }

    @Test func `where a change came from is kept with it`() async throws {
        let store = try await fixture.create()
        let address = try #require(IPAddress("2001:db8::7"))
        try await store.createProject(
            fixture.project(),
            by: ChangeContext(by: fixture.operatorKey.calling(from: address), at: fixture.now))
        let record = try #require(try await store.auditEvents(after: 1, limit: 1).first)
        #expect(record.event.principal.address == address)
        #expect(record.event.principal.identity == fixture.operatorKey.identity)
        #expect(try await store.verifyAudit().firstBad == nil)
    }

    @Test(arguments: [
        ("at", "at + 1"), ("principal", "'system'"), ("address", "'192.0.2.1'"), ("action", "'token.issue'"),
        ("subject", "subject || 'x'"), ("details", "replace(details, 'p4', 'p5')"),
        ("hash", "zeroblob(32)"),
    ])
    func `a changed column is found in its row`(column: String, value: String) async throws {
        let store = try await fill()
        try fixture.tamper("UPDATE audit_events SET \(column) = \(value) WHERE seq = 5")
        let verdict = try await store.verifyAudit()
        #expect(verdict.firstBad == .init(sequence: 5, flaw: .changed))
        #expect(verdict.checked == 4)
    }

    @Test func `a removed row is found, the first one too`() async throws {
        let store = try await fill()
        try fixture.tamper("DELETE FROM audit_events WHERE seq = 6")
        #expect(try await store.verifyAudit().firstBad == .init(sequence: 6, flaw: .missing))
        try fixture.tamper("DELETE FROM audit_events WHERE seq = 1")
        #expect(try await store.verifyAudit().firstBad == .init(sequence: 1, flaw: .missing))
    }

    @Test func `a removed row is found where the others were numbered anew`() async throws {
        let store = try await fill()
        try fixture.tamper("DELETE FROM audit_events WHERE seq = 6")
        for number in 7...10 {
            try fixture.tamper("UPDATE audit_events SET seq = \(number - 1) WHERE seq = \(number)")
        }
        #expect(try await store.verifyAudit().firstBad == .init(sequence: 6, flaw: .changed))
    }

    @Test func `reordered rows are found`() async throws {
        let store = try await fill()
        for (old, new) in [(4, 99), (5, 4), (99, 5)] {
            try fixture.tamper("UPDATE audit_events SET seq = \(new) WHERE seq = \(old)")
        }
        #expect(try await store.verifyAudit().firstBad == .init(sequence: 4, flaw: .changed))
    }

    @Test func `an inserted row is found`() async throws {
        let store = try await fill()
        try fixture.tamper(
            """
            INSERT INTO audit_events (seq, at, principal, action, subject, details, hash)
            SELECT 11, at, principal, action, subject, details, hash FROM audit_events WHERE seq = 10
            """)
        #expect(try await store.verifyAudit().firstBad == .init(sequence: 11, flaw: .changed))
    }

    @Test func `a row whose hash is gone or that cannot be read is found, also at the next start`()
        async throws
    {
        do {
            let store = try await fill()
            try fixture.tamper("UPDATE audit_events SET hash = NULL WHERE seq = 3")
            #expect(try await store.verifyAudit().firstBad == .init(sequence: 3, flaw: .unhashed))
        }
        let store = try await fixture.open()
        #expect(try await store.verifyAudit().firstBad == .init(sequence: 3, flaw: .unhashed))
        try fixture.tamper("UPDATE audit_events SET at = 'never' WHERE seq = 2")
        #expect(try await store.verifyAudit().firstBad == .init(sequence: 2, flaw: .unreadable))
    }

    @Test func `a removed tail is found against the head that was kept elsewhere, and only so`() async throws
    {
        let store = try await fill()
        let head = try await store.auditHead()
        try fixture.tamper("DELETE FROM audit_events WHERE seq > 7")
        #expect(try await store.verifyAudit().firstBad == nil)
        #expect(try await store.verifyAudit(against: head).firstBad == .init(sequence: 8, flaw: .tailMissing))
        // Others in its place are sound by themselves, but not what was exported.
        for number in 1...5 {
            try await store.createProject(fixture.project("q\(number)"), by: .console(at: fixture.now))
        }
        #expect(try await store.verifyAudit().firstBad == nil)
        #expect(
            try await store.verifyAudit(against: head).firstBad == .init(sequence: 10, flaw: .otherHead))
    }

    @Test func `a head of any earlier moment fits`() async throws {
        let store = try await fill()
        let head = try await store.auditHead()
        try await store.createProject(fixture.project(), by: .console(at: fixture.now))
        let verdict = try await store.verifyAudit(against: head)
        #expect(verdict.firstBad == nil)
        #expect(verdict.checked == 11)
        #expect(AuditHead(head.description) == head)
    }

    @Test func `nothing is changed before the chain is begun`() async throws {
        do { try await fill().close() }
        let store = try Store.open(fixture.folder)
        await #expect(throws: StoreError.self) {
            try await store.createProject(fixture.project(), by: .console(at: fixture.now))
        }
        #expect(try await store.auditEvents(limit: 100).count == 10)
    }

    @Test func `a chain of more rows than are looked at together is looked through whole`() async throws {
        let store = try await fixture.create()
        let events = (0..<12_000).map {
            AuditEvent(principal: .system, action: .tokenExpired, subject: "t\($0)")
        }
        try await store.database.change(by: .system(at: fixture.now)) { _ in .made((), events) }
        #expect(try await store.verifyAudit().checked == 12_001)
        try fixture.tamper("UPDATE audit_events SET subject = 'x' WHERE seq = 11000")
        #expect(try await store.verifyAudit().firstBad == .init(sequence: 11_000, flaw: .changed))
    }
}
