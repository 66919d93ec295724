import Domain
import Synchronization
import Testing

@testable import App
@testable import Storage

/// Rows that are older than they are to be kept.
@Suite struct LedgerRetentionTests {
    private let files: LedgerFiles
    private let store: Store
    private let log = LogLines()
    private let day: Int64 = 86_400_000

    init() async throws {
        files = try LedgerFiles()
        store = try await files.createStore()
    }

    private func append(_ count: Int, from first: Int64, at moment: Timestamp) async throws {
        _ = try await store.appendLedger(
            (first..<first + Int64(count)).map { sequence in
                LedgerRow(
                    id: LedgerID(generation: 1, sequence: sequence), admittedAt: moment,
                    project: files.project, accessToken: files.accessToken, lineage: files.lineage,
                    endpoint: "chat_completions", client: .loopback, modelAsked: nil, priceVersion: 0,
                    accounts: [], outcome: "completed",
                    charge: Charge(requests: 1, tokens: 10, cost: .zero), accuracy: .exact)
            })
    }

    private func retention(_ pause: @escaping @Sendable (Duration) async -> Void) -> LedgerRetention {
        let now = files.now
        return LedgerRetention(
            .seconds(30 * 86_400), store: store, logger: log.logger, now: { now }, pause: pause)
    }

    private func kept() async throws -> Int { try await store.ledgerRows(limit: 10_000).items.count }

    @Test func `what is too old goes in small steps with a pause between, and the sums stay`() async throws {
        let old = files.now.adding(milliseconds: -31 * day)
        try await append(1200, from: 0, at: old)
        try await append(3, from: 1200, at: files.now.adding(milliseconds: -29 * day))
        let pauses = Mutex<[Duration]>([])
        let retired = try await retention { duration in pauses.withLock { $0.append(duration) } }.retire()
        #expect(retired == 1200)
        #expect(try await kept() == 3)
        #expect(pauses.withLock { $0 } == [LedgerRetention.breath, LedgerRetention.breath])
        let quarter = Quarter(of: old).start
        let report = try await store.usageReport(
            UsageQuery(
                from: quarter, to: files.now.adding(milliseconds: 900_000 - files.now.milliseconds % 900_000))
        )
        #expect(report.total.attempts == 1203 && report.total.tokens == 12_030)
        try await store.expectThatLedgerAddsUp()
    }

    @Test func `it looks every hour until it is cancelled, also behind a failure`() async throws {
        try await append(3, from: 0, at: files.now.adding(milliseconds: -31 * day))
        try await store.set("query_only = 1")
        let (paused, resumes) = (Events<Duration>(), Events<Void>())
        let retention = retention { duration in
            paused.send(duration)
            _ = await resumes.next()
        }
        let running = Task { await retention.run() }
        #expect(await paused.next() == LedgerRetention.interval)
        #expect(try await kept() == 3)
        try await store.set("query_only = 0")
        resumes.send(())
        #expect(await paused.next() == LedgerRetention.interval)
        #expect(try await kept() == 0)
        running.cancel()
        await running.value
        #expect(
            log.all == ["warning: old ledger rows cannot be dropped", "info: old ledger rows were dropped"])
    }
}
