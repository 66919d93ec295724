import Glibc
import ServiceLifecycle
import UnixSignals

/// Ends the process at the second signal to stop, with ``status``: whatever runs is cut off, as in a crash.
/// The first one is the service group's, which drains.
struct SecondSignal: Service {
    static let signals: [UnixSignal] = [.sigterm, .sigint]
    static let status: Int32 = 1

    func run() async throws {
        let caught = await UnixSignalsSequence(trapping: Self.signals)
        var count = 0
        for await _ in caught.cancelOnGracefulShutdown() {
            count += 1
            // Not a word to anyone, and nothing of the library's: what does not end may be waiting there.
            if count == 2 { _exit(Self.status) }
        }
    }
}
