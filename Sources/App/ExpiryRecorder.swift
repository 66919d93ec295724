import Admin
import Domain
import Logging
import Storage

/// Writes down that access tokens were seen expired: out of the data path, which does not wait for it.
///
/// One that the store cannot take now is kept and tried again: one after another, for as long as the outage lasts.
/// However often the data path tells of an access token, it waits here once.
actor ExpiryRecorder {
    private static let retryInterval = Duration.seconds(1)

    private let store: Store
    private let logger: Logger
    private var waiting: [(id: AccessTokenID, at: Timestamp)] = []
    /// Those in ``waiting``.
    private var known: Set<AccessTokenID> = []
    private var isWriting = false

    init(store: Store, logger: Logger) {
        self.store = store
        self.logger = logger
    }

    nonisolated func record(_ id: AccessTokenID, at now: Timestamp) {
        Task { await write(id, at: now) }
    }

    private func write(_ id: AccessTokenID, at now: Timestamp) async {
        guard known.insert(id).inserted else { return }
        waiting.append((id, now))
        guard !isWriting else { return }
        isWriting = true
        defer { isWriting = false }
        var isOutageTold = false
        while let next = waiting.first {
            do throws(StoreError) {
                _ = try await store.recordExpiry(next.id, at: next.at)
                isOutageTold = false
            } catch {
                if !isOutageTold { log(error, next.id) }
                isOutageTold = error.isOutage
                if error.isOutage {
                    try? await Task.sleep(for: Self.retryInterval)
                    continue
                }
            }
            waiting.removeFirst()
            known.remove(next.id)
        }
    }

    private func log(_ error: StoreError, _ id: AccessTokenID) {
        logger.error(
            "cannot record an expiry", metadata: ["token": "\(id)", "reason": "\(error.reason)"])
    }
}
