package import Domain
package import Telemetry

/// Where every exchange ends, exactly once: the counters and the access log hear of it here and nowhere else.
package final class Settlement {
    package let metrics: ExchangeMetrics
    private let accessLog: AccessLog
    let wallClock: @Sendable () -> Timestamp
    private let noteRefusedKey: @Sendable (ProjectID, Timestamp) -> Void
    private var lines = LineWriter()
    private var line: [UInt8] = []

    /// `noteRefusedKey` is told of a project whose upstream refused its key; it must return at once.
    package init(
        metrics: ExchangeMetrics, accessLog: AccessLog, wallClock: @escaping @Sendable () -> Timestamp,
        noteRefusedKey: @escaping @Sendable (ProjectID, Timestamp) -> Void
    ) {
        self.metrics = metrics
        self.accessLog = accessLog
        self.wallClock = wallClock
        self.noteRefusedKey = noteRefusedKey
    }

    /// `permit` is nil where the request was refused before it had one.
    func settle(_ permit: Permit?, _ record: borrowing ExchangeRecord) {
        if let permit, !permit.settle() { preconditionFailure("an exchange was settled twice") }
        metrics.count(record)
        if record.outcome == .failed(.credentialRejected), let project = record.project {
            noteRefusedKey(project, wallClock())
        }
        guard accessLog.isOn else { return }
        line.removeAll(keepingCapacity: true)
        lines.append(record, to: &line)
        accessLog.append(line)
    }
}
