/// Whether the ledger's rows, its rollups and its counters say the same.
package struct LedgerCheck: Hashable, Sendable {
    package enum Difference: Hashable, Sendable {
        /// The sums of a quarter of an hour (its beginning, in milliseconds since 1970) are not those of its
        /// rows.
        case rollup(quarter: Int64)
        /// The sums of a project or of the instance are not those of its access tokens, from this quarter on.
        case group(quarter: Int64)
        /// A counter is not what its rows and what was set by hand come to.
        case account(Int32, used: Int64, told: Int64)
    }

    /// How many are listed at most.
    package static let limit = 100

    package internal(set) var rows = 0
    /// The first ``limit``; empty where all adds up.
    package internal(set) var differences: [Difference] = []

    mutating func note(_ difference: Difference) {
        if differences.count < Self.limit { differences.append(difference) }
    }
}
