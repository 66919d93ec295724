import Domain

/// What was used, by the groups that were asked for: one page, and the sum of all pages.
package struct UsageReport: Hashable, Sendable {
    package struct Row: Hashable, Sendable {
        /// Which of the query's periods; nil where it had none.
        package let period: UsageQuery.Period?
        /// Of the period, or of the query's span where it had none.
        let start: Timestamp
        /// One for each of the query's dimensions, in their order; a status or an attempt in decimal.
        package let names: [String]
        package let sums: UsageSums
    }

    /// By period, then by the names in the order of the dimensions (numbers by their value). Groups without a
    /// single attempt are left out.
    package let rows: [Row]
    /// Of all groups of all pages.
    package let total: UsageSums
    /// nil on the last page.
    package let nextCursor: String?
}
