package import Domain

/// Which targets a request is sent to, one after the other: as many as its project has, each at most once.
/// With one target nothing is allocated.
package struct RoutePlan {
    private let first: Target
    private let others: [Target]
    /// How many have been asked for.
    private var taken = 0

    package init(_ first: Target, _ others: [Target] = []) {
        self.first = first
        self.others = others
    }

    /// There is a target that was not tried.
    package var hasNext: Bool { taken <= others.count }

    /// The targets that were not tried.
    package var remaining: ArraySlice<Target> {
        taken == 0 ? ([first] + others)[...] : others[(taken - 1)...]
    }

    /// The next target; nil where there is none, or none would do better after such a failure.
    package mutating func next(after failure: UpstreamFailure?) -> Target? {
        guard hasNext, failure?.mayBeTriedElsewhere ?? true else { return nil }
        taken += 1
        return taken == 1 ? first : others[taken - 2]
    }
}
