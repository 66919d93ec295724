import Domain
import Storage

/// Whether the store can be written, as far as is known: it is asked at most once a second, however many want
/// to know, for a probe takes the one writer and whoever wants to know need not have a key.
actor StoreProbe {
    /// How long an answer holds, in milliseconds.
    static let period: Int64 = 1000

    /// `ok`, or the reason of the store's error. The store was read when the server started.
    private(set) var lastResult = "ok"
    private var lastStart: Timestamp?
    private var running: Task<Void, Never>?
    private let ping: @Sendable () async throws(StoreError) -> Void
    private let now: @Sendable () -> Timestamp

    init(
        now: @escaping @Sendable () -> Timestamp,
        ping: @escaping @Sendable () async throws(StoreError) -> Void
    ) {
        self.now = now
        self.ping = ping
    }

    /// Asks the store where the last answer has grown old; callers that come meanwhile wait for the same one.
    func result() async -> String {
        if running == nil, isDue { start() }
        await running?.value
        return lastResult
    }

    /// A clock that went back makes it due too, lest it holds for ever.
    private var isDue: Bool {
        guard let lastStart else { return true }
        return !(0..<Self.period).contains(now().milliseconds - lastStart.milliseconds)
    }

    private func start() {
        lastStart = now()
        running = Task { await ask() }
    }

    private func ask() async {
        do throws(StoreError) {
            try await ping()
            lastResult = "ok"
        } catch {
            lastResult = error.reason
        }
        running = nil
    }
}
