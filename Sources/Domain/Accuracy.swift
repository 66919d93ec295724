/// How sure a ledger row is of its usage.
package enum Accuracy: String, CaseIterable, Hashable, Sendable {
    /// The upstream said so, in a complete answer; or nothing was used for certain.
    case exact
    /// Not told by the upstream, or not to its end: what was seen, or the upper bound that was reserved.
    case estimated
    /// Found in the journal after a crash, and charged at its full reservation.
    case recovered
    /// Neither told nor bounded: counted as a request with the tokens that were seen, which may be none.
    case unknown
}
