/// A table of sums: by usage key or by usage group, and by a stretch of time, its bucket.
enum RollupTable {
    /// What a place holds of its key or group.
    static let keyMask: Int64 = 0xFFFF_FFFF

    /// By usage key and quarter of an hour.
    case accessTokens
    /// By a project's usage group and day of UTC.
    case projects
    /// By a usage group of all projects and quarter of an hour.
    case instance

    var name: String {
        switch self {
        case .accessTokens: "usage_rollups"
        case .projects: "project_rollups"
        case .instance: "instance_rollups"
        }
    }

    /// Where the sums of a key or group stand that a row of this quarter adds to.
    func place(of key: Int64, in quarter: Quarter) -> Int64 {
        switch self {
        case .accessTokens, .instance: quarter.place(of: key)
        case .projects: quarter.day << 32 | key
        }
    }

    /// The first quarter of the bucket of a place.
    func firstQuarter(at place: Int64) -> Quarter {
        switch self {
        case .accessTokens, .instance: Quarter(number: place >> 32)
        case .projects: Quarter(day: place >> 32)
        }
    }

    /// The coarsest that tells apart what the query asks for.
    init(of query: UsageQuery) {
        let asksAccessToken = query.dimensions.contains(where: \.isOfAccessToken)
        if query.accessToken != nil || query.accessTokens != nil || asksAccessToken {
            self = .accessTokens
        } else if query.project != nil || query.dimensions.contains(where: \.isOfProject) {
            self = .projects
        } else {
            self = .instance
        }
    }
}
