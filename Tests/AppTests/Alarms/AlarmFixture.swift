import Domain
import Foundation
import Gateway
import Logging
import Storage
import Synchronization
import Telemetry
import Testing

@testable import App

/// A store with one project, a clock that stands where it is put, and a receiver that does as it is told.
final class AlarmFixture: AlarmSink {
    struct State {
        var now = Timestamp(seconds: 1_800_000_000)
        /// What it says of each delivery to come; nil takes it, and so does what is not said.
        var answers: [String?] = []
        var deliveries: [AlarmRecord] = []
        var raised: [Alarm] = []
        var wakeUps = 0
        /// Of the store.
        var failure: StoreError?
        var frozen: [ProjectID] = []
    }

    let files: LedgerFiles
    let store: Store
    let metrics = AlarmMetrics()
    let log = LogLines()
    let state = Mutex(State())

    init() async throws {
        files = try LedgerFiles()
        store = try await files.createStore()
        let created = now.adding(milliseconds: -30 * 86_400_000)
        let project = Project(
            id: files.project, name: try #require(ProjectName("acme")), upstream: .dummy, state: .active,
            createdAt: created, updatedAt: created)
        _ = try await store.createProject(project, credential: nil, by: .console(at: created))
    }

    var now: Timestamp { state.withLock { $0.now } }
    var deliveries: [AlarmRecord] { state.withLock { $0.deliveries } }
    var raised: [Alarm] { state.withLock { $0.raised } }

    func pass(seconds: Int64) { state.withLock { $0.now = $0.now.adding(milliseconds: seconds * 1000) } }
    func answer(_ answers: String?...) { state.withLock { $0.answers = answers } }

    func raise(_ alarm: Alarm) { state.withLock { $0.raised.append(alarm) } }

    private var deliver: @Sendable (AlarmRecord) async -> String? {
        { alarm in
            self.state.withLock { state in
                state.deliveries.append(alarm)
                return state.answers.isEmpty ? nil : state.answers.removeFirst()
            }
        }
    }

    func desk(hasReceiver: Bool = true) -> AlarmDesk {
        AlarmDesk(
            log: AlarmLog(logger: log.logger), metrics: metrics, deliver: hasReceiver ? deliver : nil,
            now: { self.now }, wake: { self.state.withLock { $0.wakeUps += 1 } }
        ) { alarms throws(StoreError) in
            if let failure = self.state.withLock({ $0.failure }) { throw failure }
            try await self.store.recordAlarms(alarms)
        }
    }

    func courier(hasReceiver: Bool = true) -> AlarmCourier {
        AlarmCourier(
            store: store, metrics: metrics, logger: log.logger, deliver: hasReceiver ? deliver : nil,
            now: { self.now })
    }

    func kept(_ filter: AlarmFilter = AlarmFilter()) async throws -> [AlarmRecord] {
        try await store.listAlarms(filter, limit: 500).items
    }

    /// A row of so many dollars, admitted so many minutes ago.
    func spend(_ dollars: Int64, minutesAgo: Int64, sequence: Int64) async throws {
        var row = LedgerRow(
            id: LedgerID(generation: 1, sequence: sequence),
            admittedAt: now.adding(milliseconds: -minutesAgo * 60_000), project: files.project,
            accessToken: files.accessToken, lineage: files.lineage, endpoint: "chat_completions",
            client: .loopback, modelAsked: nil, priceVersion: 1, accounts: [], outcome: "completed",
            charge: Charge(requests: 1, tokens: 1, cost: Money(nanoUSD: dollars * 1_000_000_000)),
            accuracy: .exact)
        row.status = 200
        _ = try await store.appendLedger([row])
    }

    /// That stops what is too fast in the store alone.
    func spendWatch(factor: Int = 10, freezes: Bool = true) -> SpendWatch {
        let freeze: @Sendable (ProjectID) async throws -> Void = { id in
            self.state.withLock { $0.frozen.append(id) }
            _ = try await self.store.updateProject(
                id, ProjectChange(state: .disabled), by: .system(at: self.now))
        }
        return SpendWatch(store: store, alarms: self, factor: factor, freeze: freezes ? freeze : nil)
    }
}
