/// An alarm as it is kept, and how far its delivery got.
///
///     waiting ── taken ──────────────▶ delivered
///        │ └──── not taken, younger than a day: again after 1 s, 2 s, 4 s … 1 h
///        └─────── not taken, older ──▶ givenUp
package struct AlarmRecord: Hashable, Sendable {
    private static let firstDelay: Int64 = 1000
    private static let longestDelay: Int64 = 3_600_000
    /// In milliseconds; an alarm of yesterday helps nobody.
    package static let patience: Int64 = 86_400_000

    package let id: AlarmID
    package let kind: AlarmKind
    package let at: Timestamp
    package let subject: String
    package var project: ProjectID?
    /// A JSON object.
    package let details: String
    package let key: String
    package let quiet: Int64?
    package var state = AlarmState.waiting
    /// Deliveries that failed.
    package var attempts = 0
    /// From when on it is tried; while it is waiting.
    package var nextAttemptAt: Timestamp
    package var deliveredAt: Timestamp?
    /// Why the last delivery failed.
    package var lastError: String?

    package init(_ alarm: Alarm, id: AlarmID) {
        self.init(
            id: id, kind: alarm.kind, at: alarm.at, subject: alarm.subject, project: alarm.project,
            details: alarm.details, key: alarm.key, quiet: alarm.quiet, nextAttemptAt: alarm.at)
    }

    package init(
        id: AlarmID, kind: AlarmKind, at: Timestamp, subject: String, project: ProjectID?, details: String,
        key: String, quiet: Int64? = nil, nextAttemptAt: Timestamp
    ) {
        self.id = id
        self.kind = kind
        self.at = at
        self.subject = subject
        self.project = project
        self.details = details
        self.key = key
        self.quiet = quiet
        self.nextAttemptAt = nextAttemptAt
    }

    package mutating func noteDelivery(at now: Timestamp) {
        state = .delivered
        deliveredAt = now
        lastError = nil
    }

    package mutating func noteFailure(_ reason: String, at now: Timestamp) {
        attempts = attempts == .max ? .max : attempts + 1
        lastError = reason
        guard now < at.adding(milliseconds: Self.patience) else {
            state = .givenUp
            return
        }
        let doublings = min(max(attempts, 1) - 1, 12)
        nextAttemptAt = now.adding(milliseconds: min(Self.firstDelay << Int64(doublings), Self.longestDelay))
    }

    /// What its receiver gets, the same every time.
    package var body: [UInt8] {
        var writer = JSONWriter()
        writer.object { body in
            body.member("id", id.rawValue)
            body.member("kind", kind.rawValue)
            body.member("at", at.rfc3339)
            body.member("subject", subject)
            body.member("project", project?.rawValue)
            body.member("details", json: details)
        }
        return writer.bytes
    }
}
