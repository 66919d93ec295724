import Admin
import Domain
import Logging
import Storage

/// Wakes access tokens that were left out at the start because their end was long past by the clock: where
/// that goes back behind the horizon of what was loaded, they are valid again.
struct DormancyWatch: Sendable {
    static let interval = Duration.seconds(1)

    private let wake: @Sendable (Timestamp, Timestamp) async throws -> Int
    private let start: Timestamp
    private let now: @Sendable () -> Timestamp
    private let logger: Logger
    private let pause: @Sendable (Duration) async -> Void

    /// - Parameters:
    ///   - horizon: access tokens that ended before are not in memory.
    ///   - wake: loads those that ended behind the first moment and not behind the second, and returns how
    ///     many.
    init(
        horizon: Timestamp, now: @escaping @Sendable () -> Timestamp, logger: Logger,
        pause: @escaping @Sendable (Duration) async -> Void = { try? await Task.sleep(for: $0) },
        wake: @escaping @Sendable (Timestamp, Timestamp) async throws -> Int
    ) {
        start = horizon
        self.now = now
        self.logger = logger
        self.pause = pause
        self.wake = wake
    }

    /// Until the task is cancelled. What fails is tried again a second later.
    func run() async {
        var horizon = start
        while !Task.isCancelled {
            horizon = await look(horizon)
            await pause(Self.interval)
        }
    }

    /// Returns the horizon from now on.
    func look(_ horizon: Timestamp) async -> Timestamp {
        let moment = now()
        guard moment < horizon else { return horizon }
        let new = moment.adding(milliseconds: -Store.dormancy)
        do {
            let count = try await wake(new, horizon)
            logger.warning(
                "the clock went back: access tokens whose end is to come are valid again",
                metadata: ["tokens": "\(count)"])
            return new
        } catch {
            logger.error(
                "access tokens that are valid again cannot be loaded",
                metadata: ["reason": "\((error as? StoreError)?.reason ?? "unknown")"])
            return horizon
        }
    }
}
