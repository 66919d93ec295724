/// A limit that does not let a request through, and what its holder may know of that: which limit, what is
/// used, and when it is worth asking again.
package struct LimitRefusal: Error, Hashable, Sendable {
    package enum Cause: Hashable, Sendable {
        /// The budget is used up, or would be by this request alone: only the end of the period, a top-up or
        /// a smaller request helps. `resetsAt` nil never comes. A limit of 0 is always spent.
        case spent(resetsAt: Timestamp?)
        /// There is enough left, but exchanges under way hold it; most give some of it back.
        case heldByReservations
        /// A rate: in so many milliseconds enough has refilled.
        case rate(retryAfter: Int64)
        /// As many under way as there may be.
        case concurrency
    }

    package let cause: Cause
    /// The limit as it stood then.
    package let state: LimitState
    /// What the request may take of it at most.
    package let needed: Int64
    /// A smaller maximum of output that would pass; nil where none would, or it is not known.
    package var cure: Cure?

    /// What the request may ask for instead: `most` tokens of each choice, by that key of its body.
    package struct Cure: Hashable, Sendable {
        package let key: String
        package let most: Int64

        package init(key: String, most: Int64) {
            self.key = key
            self.most = most
        }
    }

    package init(_ cause: Cause, state: LimitState, needed: Int64) {
        self.cause = cause
        self.state = state
        self.needed = needed
    }

    package var owner: LimitOwner { state.owner }
    package var limit: Limit { state.limit }

    /// A spent budget (`insufficient_quota`, not worth a retry), not a rate (`rate_limit_exceeded`).
    package var isQuota: Bool {
        if case .spent = cause { true } else { false }
    }

    /// The request may take more than the whole quota: no time lets it through.
    package var canNeverPass: Bool {
        isQuota && limit.id.isQuota && state.allowance > 0 && needed > state.allowance
    }

    /// Exchanges end at no moment that is known: soon.
    private static let soon: Int64 = 1000

    /// Milliseconds; nil where a retry is of no use.
    package var retryAfter: Int64? {
        switch cause {
        case .spent: nil
        case .heldByReservations, .concurrency: Self.soon
        case .rate(let milliseconds): milliseconds
        }
    }

    /// True where `other` lasts longer, and so tells the holder more.
    package func ends(before other: LimitRefusal) -> Bool {
        switch (cause, other.cause) {
        case (.spent(let mine), .spent(let others)):
            (mine?.milliseconds ?? .max) < (others?.milliseconds ?? .max)
        case (.spent, _): false
        case (_, .spent): true
        default: (retryAfter ?? 0) < (other.retryAfter ?? 0)
        }
    }
}

extension LimitRefusal: CustomStringConvertible {
    /// Sentences for the holder.
    package var description: String {
        let amount = { [metric = limit.id.metric] in Limit.text($0, of: metric) }
        let name = "The limit \(limit) of this \(owner.words)"
        let counted = "used \(amount(state.used)), held by requests under way \(amount(state.reserved))"
        return switch cause {
        case .spent where canNeverPass:
            "\(name) is smaller than what this request may take, \(amount(needed)), so the request can "
                + "never pass."
                + (cure?.sentence ?? " Send a smaller request.")
        case .spent(let resetsAt):
            (state.remaining > 0
                ? "\(name) has too little left for this request, which may take \(amount(needed)): "
                    + "\(counted)."
                : "\(name) is used up: \(counted).")
                + (cure?.sentence ?? "")
                + (resetsAt.map { " It resets at \($0.rfc3339)." } ?? " It does not reset.")
        case .heldByReservations: "\(name) is held by requests under way: \(counted). Try again in a moment."
        case .rate(let milliseconds): "\(name) is reached. Try again in \(milliseconds) ms."
        case .concurrency: "\(name) is reached: \(state.reserved) requests are under way."
        }
    }
}

extension LimitRefusal.Cure {
    fileprivate var sentence: String { " Set '\(key)' to at most \(most)." }
}
