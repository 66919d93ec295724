package import Domain

/// An alarm as it goes over the wire.
package struct AlarmResource: Codable, Sendable {
    package var id: String
    package var kind: String
    package var at: String
    /// The id of what it is about, or a word.
    package var subject: String
    package var project: String?
    /// An object; what is in it depends on the kind.
    package var details: JSONValue
    package var state: String
    /// Deliveries that failed.
    package var attempts: Int
    /// Only while it waits.
    package var nextAttemptAt: String?
    package var deliveredAt: String?
    package var lastError: String?

    package enum CodingKeys: String, CodingKey {
        case id, kind, at, subject, project, details, state, attempts
        case nextAttemptAt = "next_attempt_at"
        case deliveredAt = "delivered_at"
        case lastError = "last_error"
    }

    /// What is not there is written as `null`.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(id, forKey: .id)
        try container.encode(kind, forKey: .kind)
        try container.encode(at, forKey: .at)
        try container.encode(subject, forKey: .subject)
        try container.encode(project, forKey: .project)
        try container.encode(details, forKey: .details)
        try container.encode(state, forKey: .state)
        try container.encode(attempts, forKey: .attempts)
        try container.encode(nextAttemptAt, forKey: .nextAttemptAt)
        try container.encode(deliveredAt, forKey: .deliveredAt)
        try container.encode(lastError, forKey: .lastError)
    }
}

extension AlarmResource {
    init(_ alarm: AlarmRecord) {
        id = alarm.id.rawValue
        kind = alarm.kind.rawValue
        at = alarm.at.rfc3339
        subject = alarm.subject
        project = alarm.project?.rawValue
        details = (try? JSONValue(parsing: Array(alarm.details.utf8))) ?? .object([])
        state = alarm.state.rawValue
        attempts = alarm.attempts
        nextAttemptAt = alarm.state == .waiting ? alarm.nextAttemptAt.rfc3339 : nil
        deliveredAt = alarm.deliveredAt?.rfc3339
        lastError = alarm.lastError
    }
}
