package import Domain

/// A request that somebody thinks of making.
package struct AccessQuestion: Hashable, Sendable {
    package enum Size: Hashable, Sendable {
        /// Prompt and completion together.
        case tokens(Int64)
        /// The completion of all choices.
        case parts(prompt: Int64, completion: Int64)
    }

    package var model: String?
    /// nil: any that is granted.
    package var endpoint: EndpointKind?
    /// The path that is posted to, beside its ``endpoint``; nil is any of them.
    package var path: Endpoint?
    package var size: Size
    /// nil: by the price of the model.
    package var cost: Money?

    package init(
        model: String? = nil, endpoint: EndpointKind? = nil, size: Size = .tokens(0), cost: Money? = nil
    ) {
        self.model = model
        self.endpoint = endpoint
        self.size = size
        self.cost = cost
    }
}
