import Gateway
import ServiceLifecycle
import Synchronization

/// Whether the server was told to stop, and since when: readiness says so from that moment on, and the data
/// path takes no new request.
///
/// It ends, and with that lets the listener stop, when the last exchange is over: until then whoever asks is
/// told that the server is about to go, instead of finding nobody.
final class DrainState: Service, Sendable {
    private static let interval = Duration.milliseconds(20)

    private let capacity: Capacity
    private let start = Mutex<ContinuousClock.Instant?>(nil)

    init(_ capacity: Capacity) { self.capacity = capacity }

    var isDraining: Bool { start.withLock { $0 != nil } }

    /// How long it has been going on; nil before it began.
    var duration: Duration? { start.withLock { $0.map { .now - $0 } } }

    /// Waits for the end, and takes note when it is asked for.
    func run() async throws {
        try? await gracefulShutdown()
        start.withLock { $0 = .now }
        capacity.drain()
        while capacity.exchangeCount > 0, !Task.isCancelled { try? await Task.sleep(for: Self.interval) }
    }
}
