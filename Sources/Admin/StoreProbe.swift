import Domain
import Storage

/// Has the store find out whether it can be written, at most once a second, however many want to know: for a
/// probe takes the one writer, and whoever wants to know need not have a key. The store remembers the answer.
actor StoreProbe {
    /// How long an answer holds, in milliseconds.
    static let period: Int64 = 1000

    private var lastStart: Timestamp?
    private var running: Task<Void, Never>?
    private let ping: @Sendable () async -> Void
    private let now: @Sendable () -> Timestamp

    init(now: @escaping @Sendable () -> Timestamp, ping: @escaping @Sendable () async -> Void) {
        self.now = now
        self.ping = ping
    }

    /// Asks the store where the last answer has grown old; callers that come meanwhile wait for the same one.
    func refresh() async {
        if running == nil, isDue { start() }
        await running?.value
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
        await ping()
        running = nil
    }
}
