/// How often it came to a denial, between two moments.
package struct DenialCount: Hashable, Sendable {
    package let denial: Denial
    /// True where these are of many, which there was no room to tell apart.
    package let isRest: Bool
    package var count: Int64
    package var first: Timestamp
    package var last: Timestamp

    package init(_ denial: Denial, isRest: Bool, at moment: Timestamp) {
        self.denial = denial
        self.isRest = isRest
        count = 1
        first = moment
        last = moment
    }

    package mutating func add(_ count: Int64, from first: Timestamp, to last: Timestamp) {
        self.count += count
        self.first = min(self.first, first)
        self.last = max(self.last, last)
    }

    /// What the audit says of it.
    package var event: AuditEvent {
        let subject =
            denial.accessToken?.rawValue ?? denial.project?.rawValue ?? denial.address?.description ?? "many"
        var details = [AuditEvent.Detail("reason", denial.reason.rawValue)]
        if let project = denial.project { details.append(AuditEvent.Detail("project", project.rawValue)) }
        if isRest { details.append(AuditEvent.Detail("callers", "many")) }
        details += [
            AuditEvent.Detail("count", String(count)), AuditEvent.Detail("first", first.rfc3339),
            AuditEvent.Detail("last", last.rfc3339),
        ]
        return AuditEvent(
            principal: Principal.system.calling(from: denial.address), action: .accessDenied,
            subject: subject, details: details)
    }
}
