import Gateway
import ServiceLifecycle
import Synchronization

/// Whether the server was told to stop, since when, and what became of what was in flight: readiness says so
/// from that moment on, and the data path takes no new request.
///
/// It ends, and with that lets the listener stop, when the last exchange is over: until then whoever asks is
/// told that the server is about to go, instead of finding nobody. What outlasts `timeout` it cuts off.
final class DrainState: Service, Sendable {
    private static let interval = Duration.milliseconds(20)

    /// What was cut off, and why.
    struct Cut: Hashable, Sendable {
        enum Cause: Hashable, Sendable { case timeout, secondSignal }
        var cause: Cause
        /// Exchanges.
        var count: Int
    }

    private struct State {
        var start: ContinuousClock.Instant?
        var cut: Cut?
    }

    private let capacity: Capacity
    private let timeout: Duration
    private let cutAll: @Sendable () async -> Void
    private let state = Mutex(State())

    /// - Parameter cut: ends every exchange, and returns when that has happened.
    init(_ capacity: Capacity, timeout: Duration, cut: @escaping @Sendable () async -> Void) {
        self.capacity = capacity
        self.timeout = timeout
        cutAll = cut
    }

    var isDraining: Bool { state.withLock { $0.start != nil } }

    /// How long it has been going on; nil before it began.
    var duration: Duration? { state.withLock { $0.start.map { .now - $0 } } }

    /// Exchanges in flight.
    var count: Int { capacity.exchangeCount }

    /// nil where all has ended by itself.
    var cut: Cut? { state.withLock { $0.cut } }

    /// Ends what is in flight, and returns when it is settled. A second signal counts for more than the time,
    /// for the server was not left to end by itself.
    func cutOff(_ cause: Cut.Cause) async {
        state.withLock { state in
            let count = (state.cut?.count ?? 0) + capacity.exchangeCount
            state.cut = Cut(cause: state.cut?.cause == .secondSignal ? .secondSignal : cause, count: count)
        }
        await cutAll()
    }

    /// Waits for the end, and takes note when it is asked for.
    func run() async throws {
        try? await gracefulShutdown()
        let now = ContinuousClock.now
        state.withLock { $0.start = now }
        capacity.drain()
        while capacity.exchangeCount > 0, !Task.isCancelled {
            guard ContinuousClock.now < now + timeout else { return await cutOff(.timeout) }
            try? await Task.sleep(for: Self.interval)
        }
    }
}
