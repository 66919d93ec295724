package import Domain
package import Telemetry

/// Where every exchange ends, exactly once: the counters, the access log and the audit of
/// denials hear of it here and nowhere else.
package final class Settlement {
    package let metrics: ExchangeMetrics
    private let accessLog: AccessLog
    private let denials: DenialTally
    /// Whom the credentials of refused requests belong to that no snapshot has.
    let absent: AbsentTokens
    let wallClock: @Sendable () -> Timestamp
    private let noteRefusedKey: @Sendable (ProjectID, Timestamp) -> Void
    private let noteShortage: @Sendable () -> Void
    private let noteRevealedKey: @Sendable (ProjectID) -> Void
    private var lines = LineWriter()
    private var line: [UInt8] = []

    /// `noteRefusedKey` is told of a project whose upstream refused its key, and `noteShortage` that there
    /// was no descriptor for a connection, `noteRevealedKey` of a project whose upstream sent the key back;
    /// they must return at once.
    package init(
        metrics: ExchangeMetrics, accessLog: AccessLog, denials: DenialTally = DenialTally(),
        absent: AbsentTokens = AbsentTokens(look: { _ in [] }, recordExpiry: { _, _ in }),
        wallClock: @escaping @Sendable () -> Timestamp,
        noteRefusedKey: @escaping @Sendable (ProjectID, Timestamp) -> Void,
        noteShortage: @escaping @Sendable () -> Void = {},
        noteRevealedKey: @escaping @Sendable (ProjectID) -> Void = { _ in }
    ) {
        self.denials = denials
        self.absent = absent
        self.metrics = metrics
        self.accessLog = accessLog
        self.wallClock = wallClock
        self.noteRefusedKey = noteRefusedKey
        self.noteShortage = noteShortage
        self.noteRevealedKey = noteRevealedKey
    }

    /// `permit` is nil where the request was refused before it had one.
    func settle(_ permit: Permit?, _ record: borrowing ExchangeRecord) {
        if let permit, !permit.settle() { preconditionFailure("an exchange was settled twice") }
        metrics.count(record)
        switch record.outcome {
        case .rejected(let rejection): count(rejection, record)
        case .failed(let failure): note(failure, record.project)
        case .completed, .clientGone, .revoked: break
        }
        for attempt in record.failedAttempts { note(attempt.failure, record.project) }
        guard accessLog.isOn else { return }
        line.removeAll(keepingCapacity: true)
        lines.append(record, to: &line)
        accessLog.append(line)
    }

    private func note(_ failure: UpstreamFailure, _ project: ProjectID?) {
        switch failure {
        case .credentialRejected: if let project { noteRefusedKey(project, wallClock()) }
        case .outOfDescriptors: noteShortage()
        case .credentialRevealed: if let project { noteRevealedKey(project) }
        default: break
        }
    }

    private func count(_ rejection: Rejection, _ record: borrowing ExchangeRecord) {
        guard let reason = rejection.denial else { return }
        denials.count(
            Denial(
                reason, project: record.project, accessToken: record.accessToken,
                from: record.client.flatMap { IPAddress($0) }), at: wallClock())
    }
}
