import Domain
import Logging
import Storage
import Telemetry

/// Delivers what waits in the store, one alarm after another, and keeps the queue within its bounds.
struct AlarmCourier: Sendable {
    /// How many may wait for a receiver that takes none; the oldest go.
    static let openLimit = 1000
    /// How many are remembered in all.
    static let memoryLimit = 10_000
    private static let batch = 20

    let store: Store
    let metrics: AlarmMetrics
    let logger: Logger
    /// Returns why the receiver did not take it, nil where it did; nil where there is no receiver.
    let deliver: (@Sendable (AlarmRecord) async -> String?)?
    let now: @Sendable () -> Timestamp

    /// Everything that is due, or up to the first that is not taken: the next then waits for the next call,
    /// so that a receiver that does not answer is asked for one at a time.
    func deliverDue() async throws(StoreError) {
        guard let deliver else {
            _ = try await store.endWaiting(but: 0, as: .unsent)
            return
        }
        while !Task.isCancelled {
            let due = try await store.dueAlarms(at: now(), limit: Self.batch)
            guard !due.isEmpty else { return }
            for var alarm in due {
                guard !Task.isCancelled else { return }
                guard let reason = await deliver(alarm) else {
                    metrics.countDelivery()
                    alarm.noteDelivery(at: now())
                    try await store.updateAlarm(alarm)
                    continue
                }
                metrics.countFailure()
                alarm.noteFailure(reason, at: now())
                logFailure(alarm, reason)
                try await store.updateAlarm(alarm)
                return
            }
        }
    }

    private func logFailure(_ alarm: AlarmRecord, _ reason: String) {
        guard alarm.state != .givenUp else {
            metrics.countLost()
            logger.error(
                "an alarm is given up: its receiver did not take it for a day",
                metadata: ["id": "\(alarm.id)", "alarm": "\(alarm.kind.rawValue)", "reason": "\(reason)"])
            return
        }
        logger.warning(
            "an alarm was not taken; it is sent again",
            metadata: [
                "id": "\(alarm.id)", "attempts": "\(alarm.attempts)", "reason": "\(reason)",
                "next": "\(alarm.nextAttemptAt.rfc3339)",
            ])
    }

    func tidy() async throws(StoreError) {
        let dropped = try await store.endWaiting(but: Self.openLimit, as: .dropped)
        if dropped > 0 {
            metrics.countLost(dropped)
            logger.error(
                "alarms are dropped: too many wait for their receiver", metadata: ["dropped": "\(dropped)"])
        }
        try await store.forgetAlarms(but: Self.memoryLimit)
        metrics.setWaiting(try await store.waitingAlarms())
    }
}
