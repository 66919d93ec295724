/// A limit as it is kept, with its counter as far as that is durable.
package struct LimitRecord: Hashable, Sendable {
    /// The store's number for this limit of this owner; a limit that was removed and is set again has a new
    /// one.
    package let account: Int32
    package let limit: Limit
    /// From when on the counter counts: the moment it was set or reset, or the start of the current period.
    /// With ``account`` it names the bucket that an exchange is charged to.
    package let start: Timestamp
    /// Charged since ``start``, in the metric's unit. Of quotas only.
    package let used: Int64
    /// Added to the amount for this period by top-ups. Of quotas only.
    package let credit: Int64
    /// The counters that were begun before this one and are kept, at most two, the latest first: for a clock
    /// that goes back.
    package let others: [LimitCounter]

    package init(
        account: Int32, limit: Limit, start: Timestamp, used: Int64 = 0, credit: Int64 = 0,
        others: [LimitCounter] = []
    ) {
        self.others = others
        self.account = account
        self.limit = limit
        self.start = start
        self.used = used
        self.credit = credit
    }

    /// All that are kept, the one that was begun last first.
    package var counters: [LimitCounter] { [LimitCounter(start: start, used: used, credit: credit)] + others }
}
