import Storage

/// What the rows of a usage report are told apart by.
enum UsageGroup: String, CaseIterable {
    case day, hour, model, token, project, endpoint, status

    /// nil for a stretch of time.
    var dimension: UsageQuery.Dimension? {
        switch self {
        case .day, .hour: nil
        case .model: .model
        case .token: .accessToken
        case .project: .project
        case .endpoint: .endpoint
        case .status: .status
        }
    }
}
