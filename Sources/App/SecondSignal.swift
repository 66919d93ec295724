import Glibc
import ServiceLifecycle
import UnixSignals

/// Ends the process at the second signal to stop, with ``status``: whatever runs is cut off, as in a crash, but
/// that clients are told so where their streams have a place for it. The first one is the service group's, which
/// drains.
struct SecondSignal: Service {
    static let signals: [UnixSignal] = [.sigterm, .sigint]
    static let status: Int32 = 1
    /// An event loop that does not answer within this is not waited for.
    private static let pause = Duration.milliseconds(500)

    /// Ends every exchange, and returns when that has happened.
    let cut: @Sendable () async -> Void

    func run() async throws {
        let caught = await UnixSignalsSequence(trapping: Self.signals)
        var count = 0
        for await _ in caught.cancelOnGracefulShutdown() {
            count += 1
            if count == 2 { await end() }
        }
    }

    private func end() async {
        await withTaskGroup { group in
            group.addTask { await cut() }
            group.addTask { try? await Task.sleep(for: Self.pause) }
            await group.next()
            // Nothing of the library's: what does not end may be waiting there.
            _exit(Self.status)
        }
    }
}
