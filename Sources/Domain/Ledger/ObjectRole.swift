/// What a ledger row has to do with an object of the upstream whose work outlasts the request for it: a
/// response in the background, a batch, a run. Its usage is charged once, to the request that began it.
package enum ObjectRole: Hashable, Sendable {
    /// Began it. The row stands at its reservation until the object's end is known.
    case begins(ObjectTerms)
    /// Began it, and its own answer reported the end.
    case completes
    /// Reported the end of what another request began, which is charged for it; this one is charged a
    /// request. `tier` is the service tier that the answer names; nil if absent.
    case reports(tier: ServiceTier?)
}

/// What a request that begins an object leaves for the day of its end.
package struct ObjectTerms: Hashable, Sendable {
    /// The longest ``thread``, in bytes.
    package static let threadLimit = 63

    /// As the request asked to be served.
    package let price: ModelPrice.Terms
    /// The thread of a run; nil if absent, or longer than ``threadLimit``.
    package let thread: String?

    package init(price: ModelPrice.Terms, thread: String? = nil) {
        self.price = price
        self.thread = thread.flatMap { $0.utf8.count <= Self.threadLimit ? $0 : nil }
    }
}
