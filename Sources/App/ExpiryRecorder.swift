import Admin
import Domain
import Logging
import Storage

/// Records that access tokens were seen expired: out of the data path, which does not wait for it.
///
/// One that the store cannot take now is kept and tried again: one after another, for as long as the outage
/// lasts. However often the data path reports an access token, it waits here once.
actor ExpiryRecorder {
    /// Commits that it was seen expired then, and publishes it. Throws a `StoreError`.
    typealias Record = @Sendable (AccessTokenID, Timestamp) async throws -> Void

    private static let retryInterval = Duration.seconds(1)

    private let logger: Logger
    private let pause: @Sendable (Duration) async -> Void
    /// nil before ``start(_:)``.
    private var record: Record?
    private var waiting: [(id: AccessTokenID, at: Timestamp)] = []
    /// Those in ``waiting``.
    private var known: Set<AccessTokenID> = []
    private var isWriting = false

    init(
        logger: Logger,
        pause: @escaping @Sendable (Duration) async -> Void = { try? await Task.sleep(for: $0) }
    ) {
        self.logger = logger
        self.pause = pause
    }

    /// Records with `record` from now on, beginning with what was noted before.
    func start(_ record: @escaping Record) async {
        self.record = record
        await write()
    }

    /// Returns at once.
    nonisolated func note(_ id: AccessTokenID, at now: Timestamp) {
        Task { await add(id, at: now) }
    }

    func add(_ id: AccessTokenID, at now: Timestamp) async {
        guard known.insert(id).inserted else { return }
        waiting.append((id, now))
        await write()
    }

    /// Returns when nothing waits, at once if another call is writing.
    private func write() async {
        guard let record, !isWriting else { return }
        isWriting = true
        defer { isWriting = false }
        var isOutageTold = false
        while let next = waiting.first {
            do {
                try await record(next.id, next.at)
                isOutageTold = false
            } catch {
                let error = error as? StoreError
                let isOutage = error?.isOutage ?? false
                if !isOutageTold { log(error, next.id) }
                isOutageTold = isOutage
                if isOutage {
                    await pause(Self.retryInterval)
                    continue
                }
            }
            waiting.removeFirst()
            known.remove(next.id)
        }
    }

    private func log(_ error: StoreError?, _ id: AccessTokenID) {
        logger.error(
            "cannot record an expiry",
            metadata: ["token": "\(id)", "reason": "\(error?.reason ?? "unknown")"])
    }
}
