import Gateway
import ServiceLifecycle
import Synchronization

/// Whether the server was told to stop, and since when: readiness says so from that moment on, and the data
/// path takes no new request.
///
/// It ends, and with that lets the listener stop, when the last exchange is over: until then whoever asks is
/// told that the server is about to go, instead of finding nobody. What outlasts `timeout` it has cut off.
final class DrainState: Service, Sendable {
    private static let interval = Duration.milliseconds(20)

    private let capacity: Capacity
    private let timeout: Duration
    private let cut: @Sendable () async -> Void
    private let start = Mutex<ContinuousClock.Instant?>(nil)

    /// - Parameter cut: ends every exchange, and returns when that has happened.
    init(_ capacity: Capacity, timeout: Duration, cut: @escaping @Sendable () async -> Void) {
        self.capacity = capacity
        self.timeout = timeout
        self.cut = cut
    }

    var isDraining: Bool { start.withLock { $0 != nil } }

    /// How long it has been going on; nil before it began.
    var duration: Duration? { start.withLock { $0.map { .now - $0 } } }

    /// Waits for the end, and takes note when it is asked for.
    func run() async throws {
        try? await gracefulShutdown()
        let now = ContinuousClock.now
        start.withLock { $0 = now }
        capacity.drain()
        while capacity.exchangeCount > 0, !Task.isCancelled {
            guard ContinuousClock.now < now + timeout else { return await cut() }
            try? await Task.sleep(for: Self.interval)
        }
    }
}
