import Domain
import GRDB
import Gateway
import Logging
import Testing

@testable import App
@testable import Storage

@Suite struct DenialRecorderTests {
    private let now = Timestamp(seconds: 1_700_000_030)

    private func recorder(_ tally: DenialTally, _ store: Store) -> DenialRecorder {
        let now = now
        return DenialRecorder(
            tally, store: store, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            now: { now },
            pause: { _ in })
    }

    private func execute(_ sql: String, in store: Store) async throws {
        try await store.database.writer.write { try $0.execute(sql: sql) }
    }

    @Test func `each kind of denial becomes one event, and nothing becomes none`() async throws {
        let files = try LedgerFiles()
        let store = try await files.createStore()
        let tally = DenialTally()
        let recorder = recorder(tally, store)
        await recorder.flush()
        #expect(try await store.auditEvents(after: 1, limit: 10).isEmpty)
        for _ in 0..<1000 {
            tally.count(
                Denial(.revokedCredential, accessToken: files.accessToken, from: IPAddress("192.0.2.1")),
                at: now)
        }
        tally.count(Denial(.managementKey, from: IPAddress("192.0.2.2")), at: now)
        await recorder.flush()
        await recorder.flush()
        let events = try await store.auditEvents(after: 1, limit: 10).map(\.event)
        #expect(events.map(\.action) == [.accessDenied, .accessDenied])
        #expect(events.map(\.subject) == [files.accessToken.rawValue, "192.0.2.2"])
        #expect(events[0].details.contains(AuditEvent.Detail("count", "1000")))
        #expect(events[0].principal == Principal.system.calling(from: IPAddress("192.0.2.1")))
    }

    @Test func `what the store cannot take is written later`() async throws {
        let files = try LedgerFiles()
        let store = try await files.createStore()
        try await execute(
            "CREATE TRIGGER no BEFORE INSERT ON audit_events BEGIN SELECT RAISE(ABORT, 'no'); END", in: store)
        let tally = DenialTally()
        let recorder = recorder(tally, store)
        tally.count(Denial(.missingCredential, from: nil), at: now)
        await recorder.flush()
        #expect(try await store.auditEvents(after: 1, limit: 10).isEmpty)
        try await execute("DROP TRIGGER no", in: store)
        await recorder.flush()
        #expect(try await store.auditEvents(after: 1, limit: 10).count == 1)
    }
}
