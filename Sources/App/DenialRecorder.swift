import Admin
import Domain
import Gateway
import Logging
import Storage

/// Writes down who was not let in, once a minute: one audit event for each kind of denial, however often it
/// came.
///
/// What the store cannot take is counted on, and written with the next minute's.
struct DenialRecorder: Sendable {
    static let minute: Int64 = 60_000

    let tally: DenialTally
    let store: Store
    let logger: Logger
    let now: @Sendable () -> Timestamp
    private let pause: @Sendable (Duration) async -> Void

    init(
        _ tally: DenialTally, store: Store, logger: Logger, now: @escaping @Sendable () -> Timestamp,
        pause: @escaping @Sendable (Duration) async -> Void = { try? await Task.sleep(for: $0) }
    ) {
        self.tally = tally
        self.store = store
        self.logger = logger
        self.now = now
        self.pause = pause
    }

    /// Until the task is cancelled; from one full minute to the next.
    func run() async {
        while !Task.isCancelled {
            let gone = now().milliseconds % Self.minute
            await pause(.milliseconds(Self.minute - gone))
            await flush()
        }
    }

    /// At the end of the server too, so that the last minute is not lost.
    func flush() async {
        let counts = tally.take()
        guard !counts.isEmpty else { return }
        do {
            try await store.recordDenials(counts, at: now())
        } catch {
            tally.giveBack(counts)
            logger.error("denials cannot be written down", metadata: ["reason": "\(error.reason)"])
        }
    }
}
