package import Domain

/// A part of a revocation of many access tokens: so few that the ledger's commits wait for it no longer than
/// for one of their own.
package struct RevocationStep: Sendable {
    /// How many access tokens a step has, and how many of their successors it takes in at most.
    package static let limit = 250

    /// What a revocation of many is about, as it was when that began.
    package struct Target: Hashable, Sendable {
        package let id: AccessTokenID
        /// A successor from before is another target, or none at all; one that came later goes with its
        /// predecessor.
        package let hasSuccessor: Bool

        package init(_ id: AccessTokenID, hasSuccessor: Bool = false) {
            self.id = id
            self.hasSuccessor = hasSuccessor
        }
    }

    package let targets: ArraySlice<Target>
    /// How many access tokens the whole revocation was about when it began.
    package let total: Int

    init(_ targets: ArraySlice<Target>, of total: Int) {
        self.targets = targets
        self.total = total
    }

    /// All steps of one revocation, in the order of `targets`.
    package static func steps(of targets: [Target]) -> [RevocationStep] {
        stride(from: 0, to: targets.count, by: limit).map { start in
            RevocationStep(targets[start..<min(start + limit, targets.count)], of: targets.count)
        }
    }
}
