import Admin
import Domain
import Gateway
import Logging
import Storage
import Synchronization

/// Writes down that honey tokens are used and raises the alarm: at the first use at once, then at most once
/// in a minute for each honey token, with how often it was used meanwhile.
///
/// The data path does not wait for it. It knows the honey tokens that were used in the last minute.
final class HoneyRecorder: Sendable {
    private struct Uses {
        var count = 0
        var address: IPAddress?
        var last: Timestamp
    }

    private let store: Store
    private let alarms: any AlarmSink
    private let logger: Logger
    private let pause: @Sendable () async -> Void
    private let uses = Mutex<[AccessTokenID: Uses]>([:])

    /// `pause` takes as long as uses are gathered.
    init(
        store: Store, alarms: any AlarmSink, logger: Logger,
        pause: @escaping @Sendable () async -> Void = { try? await Task.sleep(for: .seconds(60)) }
    ) {
        self.store = store
        self.alarms = alarms
        self.logger = logger
        self.pause = pause
    }

    /// Returns at once.
    func note(_ id: AccessTokenID, at now: Timestamp, from address: IPAddress?) {
        let isFirst = uses.withLock { uses in
            let isFirst = uses[id] == nil
            uses[id, default: Uses(last: now)].count += 1
            uses[id]?.address = address
            uses[id]?.last = now
            return isFirst
        }
        if isFirst { Task { await tell(of: id) } }
    }

    /// Until a minute went by without a use.
    private func tell(of id: AccessTokenID) async {
        while let gathered = take(id) {
            alarms.raise(
                .honeyTokenUsed(id, count: gathered.count, from: gathered.address, at: gathered.last))
            do throws(StoreError) {
                try await store.recordHoneyUse(
                    id, count: gathered.count, from: gathered.address, at: gathered.last)
            } catch {
                logger.error(
                    "cannot record the use of a honey token",
                    metadata: ["token": "\(id)", "reason": "\(error.reason)"])
            }
            await pause()
        }
    }

    /// What was gathered since; nil where that is nothing, and then it is forgotten.
    private func take(_ id: AccessTokenID) -> Uses? {
        uses.withLock { uses in
            guard let gathered = uses[id], gathered.count > 0 else {
                uses[id] = nil
                return nil
            }
            uses[id]?.count = 0
            return gathered
        }
    }
}
