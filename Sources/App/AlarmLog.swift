import Domain
import Gateway
import Logging

/// Tells of alarms in the server's log: one line each.
struct AlarmLog: AlarmSink {
    let logger: Logger

    func raise(_ alarm: Alarm) {
        var metadata: Logger.Metadata = ["alarm": "\(alarm.name)"]
        switch alarm {
        case .honeyTokenUsed(let id, let count, let address, let moment):
            metadata["token"] = "\(id)"
            metadata["count"] = "\(count)"
            metadata["address"] = "\(address?.description ?? "unknown")"
            metadata["at"] = "\(moment.rfc3339)"
        case .leakedTokenRevoked(let id, let project, let principal, let moment):
            metadata["token"] = "\(id)"
            metadata["project"] = "\(project)"
            metadata["by"] = "\(principal)"
            metadata["at"] = "\(moment.rfc3339)"
        }
        logger.warning("alarm", metadata: metadata)
    }
}
