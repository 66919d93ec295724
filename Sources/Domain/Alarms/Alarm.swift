/// Something that an operator should hear of at once. Never holds a secret.
package enum Alarm: Hashable, Sendable {
    /// A honey token was used so many times since the last such alarm, last from `address`.
    case honeyTokenUsed(AccessTokenID, count: Int, from: IPAddress?, at: Timestamp)
    /// An access token was found where it should not be, and is revoked.
    case leakedTokenRevoked(AccessTokenID, project: ProjectID, by: Principal, at: Timestamp)
    /// So much of a quota is used, as it stood at the moment.
    case quotaReached(QuotaMark, LimitState, of: LimitSubject, at: Timestamp)
    /// A project's cost within the last hour is far above its usual one.
    case spendTooFast(ProjectID, SpendSpeed, isFrozen: Bool, at: Timestamp)
    case tokenExpiring(AccessTokenID, project: ProjectID, expiresAt: Timestamp, at: Timestamp)
    /// The project's upstream answered 401: the key that it was given is not good any more.
    case upstreamKeyRefused(ProjectID, at: Timestamp)
    /// What has to be written down cannot be, and so nothing is done; `reason` is of a bounded set.
    case recordsFailing(Records, reason: String, at: Timestamp)
    /// The calendar's clock was set by so many seconds, back where they are below zero.
    case clockJumped(seconds: Int64, at: Timestamp)
    /// An operator wanted to see whether alarms arrive.
    case test(by: Principal, at: Timestamp)

    /// What has to be written down before anything is done.
    package enum Records: String, Sendable {
        case ledger
        /// Changes, with what tells of them.
        case audit
    }

    package var kind: AlarmKind {
        switch self {
        case .honeyTokenUsed: .honeyTokenUsed
        case .leakedTokenRevoked: .leakedTokenRevoked
        case .quotaReached(.warning, _, _, _): .quotaWarning
        case .quotaReached(.exhausted, _, _, _): .quotaExhausted
        case .spendTooFast: .spendSpeed
        case .tokenExpiring: .tokenExpiring
        case .upstreamKeyRefused: .upstreamKeyRefused
        case .recordsFailing(.ledger, _, _): .ledgerFailing
        case .recordsFailing(.audit, _, _): .auditFailing
        case .clockJumped: .clockJumped
        case .test: .test
        }
    }

    package var at: Timestamp {
        switch self {
        case .honeyTokenUsed(_, _, _, let at), .leakedTokenRevoked(_, _, _, let at),
            .quotaReached(_, _, _, let at), .spendTooFast(_, _, _, let at), .tokenExpiring(_, _, _, let at),
            .upstreamKeyRefused(_, let at), .recordsFailing(_, _, let at), .clockJumped(_, let at),
            .test(_, let at):
            at
        }
    }

    /// The id of what it is about, or a word where that has none.
    package var subject: String {
        switch self {
        case .honeyTokenUsed(let id, _, _, _), .leakedTokenRevoked(let id, _, _, _),
            .tokenExpiring(let id, _, _, _):
            id.rawValue
        case .quotaReached(_, _, .lineage(let id, of: _), _): id.rawValue
        case .quotaReached(_, _, .project(let id), _), .spendTooFast(let id, _, _, _),
            .upstreamKeyRefused(let id, _):
            id.rawValue
        case .recordsFailing(let records, _, _): records.rawValue
        case .clockJumped: "clock"
        case .test: "test"
        }
    }

    /// nil where it belongs to none, or to that of its access token.
    package var project: ProjectID? {
        switch self {
        case .leakedTokenRevoked(_, let project, _, _), .spendTooFast(let project, _, _, _),
            .tokenExpiring(_, let project, _, _), .upstreamKeyRefused(let project, _):
            project
        case .quotaReached(_, _, let subject, _): subject.project
        case .honeyTokenUsed, .recordsFailing, .clockJumped, .test: nil
        }
    }

    /// What makes two of them the same alarm.
    package var key: String {
        let moment = String(at.milliseconds)
        let own: String =
            switch self {
            case .honeyTokenUsed, .clockJumped, .test: moment
            case .leakedTokenRevoked, .spendTooFast, .upstreamKeyRefused, .recordsFailing: ""
            // A period that begins anew, and an amount that was changed or added to, is told anew.
            case .quotaReached(_, let state, _, _):
                "\(state.limit.id) \(state.countsFrom?.milliseconds ?? 0) \(state.allowance)"
            case .tokenExpiring(_, _, let expiresAt, _): String(expiresAt.milliseconds)
            }
        return "\(kind.rawValue) \(subject) \(own)"
    }

    /// For how many milliseconds the same alarm is not told again; nil is for ever.
    package var quiet: Int64? {
        switch self {
        case .honeyTokenUsed, .leakedTokenRevoked, .quotaReached, .tokenExpiring, .clockJumped, .test: nil
        case .spendTooFast, .upstreamKeyRefused: 3_600_000
        case .recordsFailing: 600_000
        }
    }

    /// A JSON object of what else there is to know; amounts of money are decimal strings.
    package var details: String {
        var writer = JSONWriter()
        writer.object { details in
            switch self {
            case .honeyTokenUsed(_, let count, let address, _):
                details.member("count", count)
                details.member("address", address?.description)
            case .leakedTokenRevoked(_, _, let principal, _): details.member("by", principal.description)
            case .quotaReached(let mark, let state, _, _):
                details.member("percent", mark.rawValue)
                details.member("limit", state.limit.description)
                details.member("owner", state.owner.rawValue)
                Self.write("allowance", state.allowance, of: state.limit.id.metric, to: &details)
                Self.write("used", state.used, of: state.limit.id.metric, to: &details)
                details.member("resets_at", state.resetsAt?.rfc3339)
            case .spendTooFast(_, let speed, let isFrozen, _):
                details.member("last_hour", speed.lastHour.description)
                details.member("usual_hour", speed.usualHour.description)
                details.member("frozen", isFrozen)
            case .tokenExpiring(_, _, let expiresAt, _): details.member("expires_at", expiresAt.rfc3339)
            case .upstreamKeyRefused: details.member("status", 401)
            case .recordsFailing(_, let reason, _): details.member("reason", reason)
            case .clockJumped(let seconds, _): details.member("seconds", Int(seconds))
            case .test(let principal, _): details.member("by", principal.description)
            }
        }
        return writer.text
    }

    private static func write(
        _ name: StaticString, _ amount: Int64, of metric: LimitMetric, to details: inout JSONWriter
    ) {
        if metric == .cost {
            details.member(name, Limit.text(amount, of: metric))
        } else {
            details.member(name, Int(amount))
        }
    }
}
