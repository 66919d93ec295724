import ServiceLifecycle
import Synchronization

/// Whether the server was told to stop: readiness says so from that moment on.
final class DrainState: Service, Sendable {
    private let draining = Atomic<Bool>(false)

    var isDraining: Bool { draining.load(ordering: .relaxed) }

    /// Waits for the end, and takes note when it is asked for.
    func run() async throws {
        try? await gracefulShutdown()
        draining.store(true, ordering: .relaxed)
    }
}
