import Admin
import Domain
import Gateway
import Logging
import Storage
import Synchronization
import Telemetry

/// Takes alarms from everywhere, and puts them on the disk.
///
/// An alarm that was told of late is dropped right away; any other is logged at once and kept in memory until
/// the store takes it. While the store fails, its alarms are delivered from here, so that one is heard that
/// tells of just that.
final class AlarmDesk: AlarmSink {
    /// Nobody waits for them; where more come than the store takes, the oldest go.
    static let memoryLimit = 1000

    /// All of them in one transaction, but for those that were told already.
    typealias Keep = @Sendable ([AlarmRecord]) async throws(StoreError) -> Void

    private struct State {
        var repeats = AlarmRepeats()
        var pending: [AlarmRecord] = []
    }

    private let state = Mutex(State())
    private let keep: Keep
    private let log: AlarmLog
    private let metrics: AlarmMetrics
    private let deliver: (@Sendable (AlarmRecord) async -> String?)?
    private let now: @Sendable () -> Timestamp
    private let wake: @Sendable () -> Void

    /// - Parameters:
    ///   - deliver: returns why the receiver did not take it, nil where it did; nil where there is no
    ///     receiver.
    ///   - wake: told that ``record()`` has something to do; must return at once.
    init(
        log: AlarmLog, metrics: AlarmMetrics,
        deliver: (@Sendable (AlarmRecord) async -> String?)?,
        now: @escaping @Sendable () -> Timestamp, wake: @escaping @Sendable () -> Void,
        keep: @escaping Keep
    ) {
        self.keep = keep
        self.log = log
        self.metrics = metrics
        self.deliver = deliver
        self.now = now
        self.wake = wake
    }

    func raise(_ alarm: Alarm) {
        let (added, dropped) = state.withLock { state -> (AlarmRecord?, Int) in
            guard state.repeats.admit(alarm) else { return (nil, 0) }
            let record = AlarmRecord(alarm, id: .random())
            state.pending.append(record)
            let excess = max(0, state.pending.count - Self.memoryLimit)
            state.pending.removeFirst(excess)
            return (record, excess)
        }
        if dropped > 0 { metrics.countLost(dropped) }
        guard let added else { return }
        metrics.countRaised(added.kind)
        log.write(added)
        wake()
    }

    /// Puts what was raised into the store. Where that fails it stays here for the next call.
    func record() async {
        let pending = state.withLock { state in
            defer { state.pending = [] }
            return state.pending
        }
        guard !pending.isEmpty else { return }
        do throws(StoreError) {
            try await keep(pending)
        } catch {
            let left = await deliverDirectly(pending)
            state.withLock { $0.pending.insert(contentsOf: left, at: 0) }
        }
    }

    private func deliverDirectly(_ pending: [AlarmRecord]) async -> [AlarmRecord] {
        guard let deliver else { return pending }
        var left = pending
        for index in left.indices where left[index].state == .waiting && left[index].nextAttemptAt <= now() {
            if let reason = await deliver(left[index]) {
                metrics.countFailure()
                left[index].noteFailure(reason, at: now())
            } else {
                metrics.countDelivery()
                left[index].noteDelivery(at: now())
            }
        }
        return left
    }
}
