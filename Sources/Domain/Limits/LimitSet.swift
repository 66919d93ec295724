/// All limits of one access token or project: each identity once, and a bounded number of them.
package struct LimitSet: Hashable, Sendable {
    /// Each request looks at every one of them.
    package static let maximum = 16

    package let limits: [Limit]

    package static let none = LimitSet()

    private init() { limits = [] }

    package enum Malformed: Error, Hashable, Sendable {
        case repeated(LimitID)
        case tooMany

        /// One sentence without its full stop.
        package var message: String {
            switch self {
            case .repeated(let id): "the limit \(id) stands there twice"
            case .tooMany: "there may be at most \(LimitSet.maximum) limits on one access token or project"
            }
        }
    }

    package init(_ limits: [Limit]) throws(Malformed) {
        guard limits.count <= Self.maximum else { throw .tooMany }
        var met: Set<LimitID> = []
        for limit in limits {
            guard met.insert(limit.id).inserted else { throw .repeated(limit.id) }
        }
        self.limits = limits
    }
}
