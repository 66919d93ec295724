import ServiceLifecycle
import Synchronization

/// Whether the server was told to stop, and since when: readiness says so from that moment on.
final class DrainState: Service, Sendable {
    private let start = Mutex<ContinuousClock.Instant?>(nil)

    var isDraining: Bool { start.withLock { $0 != nil } }

    /// How long it has been going on; nil before it began.
    var duration: Duration? { start.withLock { $0.map { .now - $0 } } }

    /// Waits for the end, and takes note when it is asked for.
    func run() async throws {
        try? await gracefulShutdown()
        start.withLock { $0 = .now }
    }
}
