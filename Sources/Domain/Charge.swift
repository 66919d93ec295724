/// What one exchange takes from its limits: reserved as an upper bound before it is dispatched, settled as
/// what it came to.
package struct Charge: Hashable, Sendable {
    package var requests: Int64
    /// Prompt and completion tokens together.
    package var tokens: Int64
    package var cost: Money

    package static let none = Charge(requests: 0, tokens: 0, cost: .zero)

    package init(requests: Int64, tokens: Int64, cost: Money) {
        self.requests = requests
        self.tokens = tokens
        self.cost = cost
    }
}
