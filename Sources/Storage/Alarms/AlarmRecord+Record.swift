import Domain
import GRDB

/// A row of `alarms`.
extension AlarmRecord: Record {
    enum Column: Int32, RecordColumn {
        case id, kind, at, subject, project, details, repeatKey, state, attempts, nextAttemptAt, deliveredAt
        case lastError
    }

    static let table = RecordTable<Column>("alarms")

    init(from row: RecordRow<Column>) throws {
        self.init(
            id: try row.parsed(.id) { AlarmID($0) }, kind: try row.parsed(.kind) { AlarmKind(rawValue: $0) },
            at: try row.moment(.at), subject: try row.value(.subject),
            project: try row.optional(.project).map { ProjectID(unchecked: $0) },
            details: try row.value(.details), key: try row.value(.repeatKey),
            nextAttemptAt: try row.moment(.nextAttemptAt))
        state = try row.parsed(.state) { AlarmState(rawValue: $0) }
        attempts = try row.value(.attempts)
        deliveredAt = try row.optionalMoment(.deliveredAt)
        lastError = try row.optional(.lastError)
    }

    func value(of column: Column) -> (any DatabaseValueConvertible)? {
        switch column {
        case .id: id.rawValue
        case .kind: kind.rawValue
        case .at: at.milliseconds
        case .subject: subject
        case .project: project?.rawValue
        case .details: details
        case .repeatKey: key
        case .state: state.rawValue
        case .attempts: attempts
        case .nextAttemptAt: nextAttemptAt.milliseconds
        case .deliveredAt: deliveredAt?.milliseconds
        case .lastError: lastError
        }
    }
}
