/// What a `POST` to a path uses, and how much of that can be known beforehand.
package struct EndpointUse: Hashable, Sendable {
    package let consumption: Consumption
    package let legible: Legibility

    init(_ consumption: Consumption, legible: Legibility = .all) {
        self.consumption = consumption
        self.legible = legible
    }

    static let free = EndpointUse(.free)
    /// A path that is not known, or an endpoint of whose use nothing can be known beforehand.
    static let other = EndpointUse(.other, legible: .tokens)
    /// The body's `model` is the one that is used, at a price that is not known.
    static let unpriced = EndpointUse(.other, legible: [.model, .tokens])
    /// The body's `model` is used, and charged by its tokens.
    static let generation = EndpointUse(.other)
    /// As much as somebody has put into a file or a thread.
    static let unbounded = EndpointUse(.other, legible: [])
    static let batch = EndpointUse(.batch, legible: [])
    /// A run has the model of its request, where that names one.
    static let run = EndpointUse(.run, legible: .model)
    /// What goes on has the model that it began with.
    static let runContinued = EndpointUse(.run, legible: [])
}
