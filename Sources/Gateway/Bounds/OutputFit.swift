import Domain

/// How large a maximum of output a request may name so that quotas take it.
///
/// A bound grows in a straight line with that maximum, in tokens and in cost: two of them tell the rest.
package struct OutputFit: Hashable, Sendable {
    /// A smaller maximum is written into no request: reasoning alone would use it up.
    package static let least: Int64 = 1024

    /// What is taken whatever the maximum is.
    private let base: Charge
    /// The growth from there to the bound that was asked for: completion tokens and cost.
    private let tokens: Int64
    private let cost: Int64
    private let choices: Int64

    /// `bound` is that of the request, and `base` the same with a maximum of nothing.
    package init(_ bound: UsageBound, from base: UsageBound) {
        self.base = base.charge
        tokens = bound.completion.subtractingSaturated(base.completion)
        cost = bound.cost.nanoUSD.subtractingSaturated(base.cost.nanoUSD)
        choices = bound.choices
    }

    /// The maximum of each choice that the request asks for, or that its model has.
    private var asked: Int64 { tokens / choices }

    /// The least that is written into it.
    package var smallest: Int64 { min(Self.least, asked) }

    /// The largest maximum of each choice that fits; zero or less where none does.
    package func largest(in room: QuotaRoom) -> Int64 {
        var most = room.tokens.subtractingSaturated(base.tokens)
        if cost > 0 {
            // A nano-dollar is for what is rounded up.
            let left = Int128(room.cost) - Int128(base.cost.nanoUSD) - 1
            most = Int64(clamping: min(Int128(most), left * Int128(tokens) / Int128(cost)))
        }
        return most / choices
    }

    /// Half of the largest that fits, so that others find room too, or what was asked for if that is smaller;
    /// not below ``smallest``. Nil where that does not fit.
    package func maximum(in room: QuotaRoom) -> Int64? {
        let most = largest(in: room)
        guard most >= smallest else { return nil }
        return max(smallest, min(asked, most / 2))
    }
}
