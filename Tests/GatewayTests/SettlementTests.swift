import Domain
import Synchronization
import Telemetry
import Testing

@testable import Gateway

/// Where every exchange ends: what is counted of it, and who hears of it.
struct SettlementTests {
    /// What it told others.
    private final class Notes: Sendable {
        let refusedKeys = Mutex<[ProjectID]>([])
        let shortages = Mutex(0)
        let revealedKeys = Mutex<[ProjectID]>([])
    }

    private let notes = Notes()
    private let metrics = ExchangeMetrics()
    private let denials = DenialTally()
    private let project = ProjectID(unchecked: "proj_000000000001")
    private let settlement: Settlement

    init() throws {
        let notes = notes
        settlement = Settlement(
            metrics: metrics, accessLog: try AccessLog(.off), denials: denials,
            wallClock: { Timestamp(seconds: 100) },
            noteRefusedKey: { project, _ in notes.refusedKeys.withLock { $0.append(project) } },
            noteShortage: { notes.shortages.withLock { $0 += 1 } },
            noteRevealedKey: { project in notes.revealedKeys.withLock { $0.append(project) } })
    }

    private func settle(_ outcome: Outcome, from client: String? = "192.0.2.1") {
        var record = ExchangeRecord(
            id: RequestID(process: 1, sequence: 1), startedAt: Timestamp(seconds: 99), method: "POST",
            endpoint: "chat_completions", outcome: outcome)
        record.project = project
        record.client = client
        metrics.began()
        settlement.settle(nil, record)
    }

    private func page() throws -> String {
        let page = MetricsPage(workers: [metrics], accessLog: try AccessLog(.off))
        return String(decoding: page.prometheusText(), as: UTF8.self)
    }

    @Test func `what is refused is counted, and is a denial if it says who may do what`() throws {
        settle(.rejected(.modelNotGranted("o3")))
        settle(.rejected(.overloaded))
        let counts = denials.take()
        #expect(counts.map(\.denial.reason) == [.modelNotGranted])
        #expect(counts.first?.denial.project == project && counts.first?.first == Timestamp(seconds: 100))
        let text = try page()
        #expect(text.contains(#"latchkey_requests_total{endpoint="chat_completions",outcome="rejected"} 2"#))
        #expect(text.contains("latchkey_requests_in_flight 0"))
    }

    @Test func `who has to do something hears of it, and nobody else`() {
        settle(.failed(.credentialRejected))
        settle(.failed(.outOfDescriptors))
        settle(.failed(.credentialRevealed))
        for outcome: Outcome in [.completed, .clientGone, .failed(.connect)] { settle(outcome) }
        #expect(notes.refusedKeys.withLock { $0 } == [project])
        #expect(notes.shortages.withLock { $0 } == 1)
        #expect(notes.revealedKeys.withLock { $0 } == [project])
        #expect(denials.take().isEmpty)
    }
}
