import Domain
import Logging

/// Tells of alarms in the server's log: one line each.
struct AlarmLog: Sendable {
    let logger: Logger

    func write(_ alarm: AlarmRecord) {
        logger.warning(
            "alarm",
            metadata: [
                "alarm": "\(alarm.kind.rawValue)", "subject": "\(alarm.subject)",
                "project": "\(alarm.project?.rawValue ?? "none")", "at": "\(alarm.at.rfc3339)",
                "details": "\(alarm.details)",
            ])
    }
}
