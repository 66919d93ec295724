/// What is left of a limit at one moment, for its holder, the headers and the reports.
package struct LimitState: Hashable, Sendable {
    package let owner: LimitOwner
    package let limit: Limit
    /// The limit's amount and this period's top-ups.
    package let allowance: Int64
    /// Charged in this period; of a rate, what has not refilled yet. More than the allowance after an
    /// exchange that had no bound.
    package let used: Int64
    /// Held by exchanges under way.
    package let reserved: Int64
    /// When all of it is there again: a period's end, or when a rate has refilled. Nil never, or unknown.
    package let resetsAt: Timestamp?
    /// Since when it counts. Of quotas only.
    package let countsFrom: Timestamp?

    package init(
        owner: LimitOwner, limit: Limit, allowance: Int64, used: Int64, reserved: Int64, resetsAt: Timestamp?,
        countsFrom: Timestamp? = nil
    ) {
        self.owner = owner
        self.limit = limit
        self.allowance = allowance
        self.used = used
        self.reserved = reserved
        self.resetsAt = resetsAt
        self.countsFrom = countsFrom
    }

    /// What is left; never negative.
    package var remaining: Int64 { Self.remaining(of: allowance, used: used, reserved: reserved) }

    /// What is left of `allowance`; never negative.
    package static func remaining(of allowance: Int64, used: Int64, reserved: Int64) -> Int64 {
        max(0, allowance.subtractingSaturated(used).subtractingSaturated(reserved))
    }
}

extension Int64 {
    package func multipliedSaturated(by other: Int64) -> Int64 {
        let (product, overflowed) = multipliedReportingOverflow(by: other)
        return overflowed ? ((self < 0) == (other < 0) ? .max : .min) : product
    }

    package func subtractingSaturated(_ other: Int64) -> Int64 {
        let (difference, overflowed) = subtractingReportingOverflow(other)
        return overflowed ? (other < 0 ? .max : .min) : difference
    }

    package func addingSaturated(_ other: Int64) -> Int64 {
        let (sum, overflowed) = addingReportingOverflow(other)
        return overflowed ? (other < 0 ? .min : .max) : sum
    }
}
