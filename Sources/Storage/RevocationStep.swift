package import Domain

/// A part of a revocation of many access tokens: so few that the ledger's commits wait for it no longer than for one of
/// their own.
package struct RevocationStep: Sendable {
    package static let limit = 250

    package let ids: ArraySlice<AccessTokenID>
    /// How many access tokens the whole revocation is about.
    package let total: Int

    private init(_ ids: ArraySlice<AccessTokenID>, of total: Int) {
        self.ids = ids
        self.total = total
    }

    /// All steps of one revocation, in the order of `ids`.
    package static func steps(of ids: [AccessTokenID]) -> [RevocationStep] {
        stride(from: 0, to: ids.count, by: limit).map { start in
            RevocationStep(ids[start..<min(start + limit, ids.count)], of: ids.count)
        }
    }
}
