/// What a project spent within the last hour, beside what it spends in an hour on average.
package struct SpendSpeed: Hashable, Sendable {
    /// Less within an hour than this raises no alarm, however little is usual.
    package static let least = Money(nanoUSD: 1_000_000_000)

    package let lastHour: Money
    package let usualHour: Money

    /// - Parameters:
    ///   - before: what was spent in the `hours` before the last one.
    package init(lastHour: Money, before: Money, hours: Int64) {
        precondition(hours > 0, "an average of no time")
        self.lastHour = lastHour
        usualHour = Money(nanoUSD: before.nanoUSD / hours)
    }

    package func isTooFast(factor: Int) -> Bool {
        guard lastHour >= Self.least else { return false }
        let (bound, overflowed) = usualHour.nanoUSD.multipliedReportingOverflow(by: Int64(factor))
        return !overflowed && lastHour.nanoUSD > bound
    }
}
