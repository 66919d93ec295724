import Domain
import Storage

/// What the rows of a usage report are told apart by.
enum UsageGroup: Hashable {
    case month, week, day, hour
    case model, token, lineage, project, endpoint, status, attempt, upstream, credential, owner
    /// By the value of this label: `label:team`.
    case label(String)

    static let rule =
        "month, week, day, hour, model, token, lineage, project, endpoint, status, attempt, upstream, "
        + "credential, owner or a label, as label:team"

    /// nil where there is none of this name.
    init?(_ name: String) {
        switch name {
        case "month": self = .month
        case "week": self = .week
        case "day": self = .day
        case "hour": self = .hour
        case "model": self = .model
        case "token": self = .token
        case "lineage": self = .lineage
        case "project": self = .project
        case "endpoint": self = .endpoint
        case "status": self = .status
        case "attempt": self = .attempt
        case "upstream": self = .upstream
        case "credential": self = .credential
        case "owner": self = .owner
        default:
            guard name.hasPrefix("label:"), LabelSet.isName(String(name.dropFirst(6))) else { return nil }
            self = .label(String(name.dropFirst(6)))
        }
    }

    var name: String {
        switch self {
        case .month: "month"
        case .week: "week"
        case .day: "day"
        case .hour: "hour"
        case .model: "model"
        case .token: "token"
        case .lineage: "lineage"
        case .project: "project"
        case .endpoint: "endpoint"
        case .status: "status"
        case .attempt: "attempt"
        case .upstream: "upstream"
        case .credential: "credential"
        case .owner: "owner"
        case .label(let label): "label:\(label)"
        }
    }

    /// The calendar periods that it tells apart; nil for what is no stretch of time.
    var window: LimitWindow? {
        switch self {
        case .month: .month
        case .week: .week
        case .day: .day
        case .hour: .hour
        case .model, .token, .lineage, .project, .endpoint, .status, .attempt, .upstream, .credential, .owner,
            .label:
            nil
        }
    }

    /// nil for a stretch of time.
    var dimension: UsageQuery.Dimension? {
        switch self {
        case .month, .week, .day, .hour: nil
        case .model: .model
        case .token: .accessToken
        case .lineage: .lineage
        case .project: .project
        case .endpoint: .endpoint
        case .status: .status
        case .attempt: .attempt
        case .upstream: .upstream
        case .credential: .credential
        case .owner: .owner
        case .label(let name): .label(name)
        }
    }
}
