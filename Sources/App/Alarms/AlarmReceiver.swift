import Domain
import NIOPosix
import Upstream
import Vault

/// Where alarms go: an operator's webhook, with the secret that deliveries are signed with.
///
/// The signature is HMAC-SHA-256 of `X-Latchkey-Timestamp` (RFC 3339, of this delivery), a full stop and the
/// body: a receiver that refuses old timestamps cannot be sent a delivery again by somebody who saw it.
struct AlarmReceiver: Sendable {
    let url: String
    let secret: Secret
    let now: @Sendable () -> Timestamp

    /// nil where it took the alarm, else why it did not.
    func deliver(_ alarm: AlarmRecord) async -> String? {
        let transfer = transfer(of: alarm, at: now())
        do {
            try await NIOThreadPool.singleton.runIfActive { try transfer.perform() }
            return nil
        } catch let failure as WebhookTransfer.Failure {
            switch failure {
            case .status(let status): return "it answered with status \(status)"
            case .unreachable(let reason): return reason
            }
        } catch {
            return "the server ends"
        }
    }

    func transfer(of alarm: AlarmRecord, at moment: Timestamp) -> WebhookTransfer {
        let body = alarm.body
        let timestamp = moment.rfc3339
        let signature = WebhookSignature.sign(Array((timestamp + ".").utf8) + body, under: secret)
        return WebhookTransfer(
            url: url,
            headers: [
                "X-Latchkey-Alarm-Id: \(alarm.id)", "X-Latchkey-Timestamp: \(timestamp)",
                "X-Latchkey-Signature-256: \(signature)",
            ],
            body: body)
    }
}
