package import Domain

/// An alarm as it goes over the wire.
package struct AlarmResource: Codable, Sendable {
    package var id: String
    package var kind: String
    package var at: String
    /// The id of what it is about, or a word.
    package var subject: String
    @Nullable package var project: String? = nil
    /// An object; what is in it depends on the kind.
    package var details: JSONValue
    package var state: String
    /// Deliveries that failed.
    package var attempts: Int
    /// Only while it waits.
    @Nullable package var nextAttemptAt: String? = nil
    @Nullable package var deliveredAt: String? = nil
    @Nullable package var lastError: String? = nil

    package enum CodingKeys: String, CodingKey {
        case id, kind, at, subject, project, details, state, attempts
        case nextAttemptAt = "next_attempt_at"
        case deliveredAt = "delivered_at"
        case lastError = "last_error"
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
