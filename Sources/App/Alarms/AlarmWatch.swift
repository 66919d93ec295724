import Admin
import Domain
import Gateway
import Logging
import Storage

/// Looks for what deserves an alarm: quotas, failing records and the clock every second, what projects
/// spend every minute, access tokens about to expire every five.
struct AlarmWatch: Sendable {
    private static let spendSeconds = 60
    private static let expirySeconds = 300
    /// Access tokens of one look; the next look finds the others.
    private static let expiryLimit = 200

    let store: Store
    let alarms: any AlarmSink
    let quotas: QuotaWatch
    /// nil where nobody wants to know.
    let spend: SpendWatch?
    /// How long before an access token expires that is told; nil never.
    let expiryWarning: Duration?
    let ledgerFailure: @Sendable () -> StoreError?
    let now: @Sendable () -> QuotaMoment
    let logger: Logger
    var clock = ClockWatch()

    /// `second`: which one of the run.
    func look(in second: Int) async {
        let moment = now()
        quotas.look(at: moment)
        lookAtRecords(at: moment.wall)
        lookAtClock(at: moment.wall)
        do {
            if let spend, second % Self.spendSeconds == 0 { try await spend.look(at: moment.wall) }
            if second % Self.expirySeconds == 0 { try await lookAtExpiries(at: moment.wall) }
        } catch {
            logger.warning(
                "cannot look for what deserves an alarm",
                metadata: ["reason": "\((error as? StoreError)?.reason ?? "refused")"])
        }
    }

    private func lookAtRecords(at now: Timestamp) {
        if let failure = ledgerFailure() {
            alarms.raise(.recordsFailing(.ledger, reason: failure.reason, at: now))
        }
        if case .failing(let failure) = store.condition {
            alarms.raise(.recordsFailing(.audit, reason: failure.reason, at: now))
        }
    }

    private func lookAtClock(at now: Timestamp) {
        guard let seconds = clock.look(at: now) else { return }
        logger.warning("the system's clock was set", metadata: ["seconds": "\(seconds)"])
        alarms.raise(.clockJumped(seconds: seconds, at: now))
    }

    func lookAtExpiries(at now: Timestamp) async throws(StoreError) {
        guard let expiryWarning else { return }
        let warning = expiryWarning.components.seconds * 1000
        let found = try await store.expiringAccessTokens(at: now, within: warning, limit: Self.expiryLimit)
        for accessToken in found {
            guard let expiresAt = accessToken.expiresAt else { continue }
            alarms.raise(
                .tokenExpiring(
                    accessToken.id, project: accessToken.project, expiresAt: expiresAt, at: now))
        }
    }
}
