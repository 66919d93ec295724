/// What of a request to an endpoint can be known beforehand: from the body's top level, or because it uses
/// none. Where a restriction of the access token depends on the rest, the endpoint must be granted by name.
package struct Legibility: OptionSet, Hashable, Sendable {
    package let rawValue: UInt8

    package init(rawValue: UInt8) { self.rawValue = rawValue }

    /// Which model it uses: none, or the `model` of its body's top level or form.
    package static let model = Legibility(rawValue: 1)
    /// What it costs: nothing, or what its tokens, images, seconds or characters cost.
    package static let cost = Legibility(rawValue: 2)
    /// How many tokens it may use at most.
    package static let tokens = Legibility(rawValue: 4)

    package static let all: Legibility = [.model, .cost, .tokens]
}
