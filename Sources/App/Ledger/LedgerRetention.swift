import Admin
import Domain
import Logging
import Storage

/// Drops the rows of the ledger that have grown older than they are to be kept; what they came to stays in
/// the sums and counters.
///
/// It looks once an hour, and drops in small transactions with a pause behind each, so that no commit of new
/// rows waits for long.
struct LedgerRetention: Sendable {
    static let interval = Duration.seconds(3600)
    /// Rows of one transaction.
    static let chunk = 500
    static let breath = Duration.milliseconds(10)

    private let age: Duration
    private let store: Store
    private let logger: Logger
    private let now: @Sendable () -> Timestamp
    private let pause: @Sendable (Duration) async -> Void

    init(
        _ age: Duration, store: Store, logger: Logger, now: @escaping @Sendable () -> Timestamp,
        pause: @escaping @Sendable (Duration) async -> Void = { try? await Task.sleep(for: $0) }
    ) {
        self.age = age
        self.store = store
        self.logger = logger
        self.now = now
        self.pause = pause
    }

    /// Until the task is cancelled. What fails is tried again an hour later.
    func run() async {
        while !Task.isCancelled {
            do throws(StoreError) {
                let retired = try await retire()
                if retired > 0 {
                    logger.info("old ledger rows were dropped", metadata: ["rows": "\(retired)"])
                }
            } catch {
                logger.warning("old ledger rows cannot be dropped", metadata: ["reason": "\(error.reason)"])
            }
            await pause(Self.interval)
        }
    }

    /// Returns how many rows went.
    func retire() async throws(StoreError) -> Int {
        let milliseconds = age.components.seconds * 1000 + age.components.attoseconds / 1_000_000_000_000_000
        let moment = now().adding(milliseconds: -milliseconds)
        var total = 0
        while !Task.isCancelled {
            let retired = try await store.retireLedger(before: moment, limit: Self.chunk)
            total += retired
            guard retired == Self.chunk else { break }
            await pause(Self.breath)
        }
        return total
    }
}
