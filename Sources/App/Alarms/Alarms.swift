import Domain
import Gateway
import Logging
import Storage
import Telemetry
import Vault

/// The alarms of a running server: whoever takes them, whoever delivers them, and whoever looks for them.
///
///     raise ─▶ AlarmDesk ─▶ store ─▶ AlarmCourier ─▶ receiver
///               (memory)    (queue)
///
/// Recording and delivering take turns of their own, so that a receiver that does not answer holds up no
/// record.
struct Alarms: Sendable {
    private static let pace = Duration.seconds(1)
    private static let tidySeconds = 10

    let metrics = AlarmMetrics()
    let desk: AlarmDesk
    private let courier: AlarmCourier
    private let wakeUps: AsyncStream<Void>
    private let wake: AsyncStream<Void>.Continuation
    private let logger: Logger

    init(_ settings: Settings, store: Store, logger: Logger) throws {
        var receiver: AlarmReceiver?
        if let url = settings.alarmURL, let secret = settings.alarmSecret {
            receiver = AlarmReceiver(url: url.text, secret: try secret.read(), now: Timestamp.now)
        }
        let (wakeUps, wake) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        self.wakeUps = wakeUps
        self.wake = wake
        self.logger = logger
        let deliver = receiver.map { receiver in
            { @Sendable (alarm: AlarmRecord) in await receiver.deliver(alarm) }
        }
        desk = AlarmDesk(
            log: AlarmLog(logger: logger), metrics: metrics, deliver: deliver, now: Timestamp.now,
            wake: { wake.yield() }
        ) { alarms throws(StoreError) in try await store.recordAlarms(alarms) }
        courier = AlarmCourier(
            store: store, metrics: metrics, logger: logger, deliver: deliver, now: Timestamp.now)
    }

    /// What works until it is cancelled.
    struct Running: Sendable {
        fileprivate let recording: Task<Void, Never>
        fileprivate let delivering: Task<Void, Never>
        fileprivate let watching: Task<Void, Never>
        fileprivate let wake: AsyncStream<Void>.Continuation

        /// When nothing is raised any more: what was, is in the store then, if that takes it. What waits
        /// there for its receiver is delivered after the next start; a delivery under way is waited for, but
        /// not for `limit`.
        func end(within limit: Duration = .seconds(2)) async {
            watching.cancel()
            delivering.cancel()
            await watching.value
            wake.finish()
            let (ends, end) = AsyncStream.makeStream(of: Void.self)
            let deadline = Task {
                try? await Task.sleep(for: limit)
                end.finish()
            }
            Task { [recording, delivering] in
                await recording.value
                await delivering.value
                end.finish()
            }
            for await _ in ends {}
            deadline.cancel()
        }
    }

    func run(_ watch: AlarmWatch) -> Running {
        let (desk, courier, wakeUps, wake) = (desk, courier, wakeUps, wake)
        let recording = Task {
            for await _ in wakeUps { await desk.record() }
            await desk.record()
        }
        let delivering = everySecond { second in
            do throws(StoreError) {
                try await courier.deliverDue()
                if second % Self.tidySeconds == 0 { try await courier.tidy() }
            } catch {
                // Told by the watch where it lasts.
            }
        }
        let watching = everySecond { second in
            await watch.look(in: second)
            // What the store did not take a second ago.
            wake.yield()
        }
        return Running(recording: recording, delivering: delivering, watching: watching, wake: wake)
    }

    private func everySecond(_ body: @escaping @Sendable (Int) async -> Void) -> Task<Void, Never> {
        Task {
            var second = 0
            while !Task.isCancelled {
                await body(second)
                second += 1
                try? await Task.sleep(for: Self.pace)
            }
        }
    }
}
