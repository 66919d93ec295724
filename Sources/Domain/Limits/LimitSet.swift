/// All limits of one access token or project: each identity once, and a bounded number of them.
package struct LimitSet: Hashable, Sendable {
    /// Each request looks at every one of them.
    package static let maximum = 16
    /// A ledger row names every quota that it is charged to, and has room for those of an access token and of
    /// its project.
    package static let maximumQuotas = AccountPeriods.capacity / 2

    package let limits: [Limit]

    package static let none = LimitSet()

    private init() { limits = [] }

    package enum Malformed: Error, Hashable, Sendable {
        case repeated(LimitID)
        case tooMany
        case tooManyQuotas

        /// One sentence without its full stop.
        package var message: String {
            switch self {
            case .repeated(let id): "the limit \(id) stands there twice"
            case .tooMany: "there may be at most \(LimitSet.maximum) limits on one access token or project"
            case .tooManyQuotas:
                "there may be at most \(LimitSet.maximumQuotas) limits per hour, day, week, month or "
                    + "lifetime on one access token or project"
            }
        }
    }

    package init(_ limits: [Limit]) throws(Malformed) {
        guard limits.count <= Self.maximum else { throw .tooMany }
        guard limits.count(where: \.id.isQuota) <= Self.maximumQuotas else { throw .tooManyQuotas }
        var met: Set<LimitID> = []
        for limit in limits {
            guard met.insert(limit.id).inserted else { throw .repeated(limit.id) }
        }
        self.limits = limits
    }
}

extension LimitSet: CustomStringConvertible {
    /// `requests=100/day, concurrency=4`; `none` where there are none.
    package var description: String {
        limits.isEmpty ? "none" : limits.map(\.description).joined(separator: ", ")
    }
}
