package import Domain

/// What a question says of a request's size, in place of a body.
package struct StatedUse: Hashable, Sendable {
    package enum Size: Hashable, Sendable {
        /// Prompt and completion together.
        case tokens(Int64)
        /// The completion is that of each choice; nil is a request that names no maximum.
        case parts(prompt: Int64, completion: Int64?)
    }

    package var size: Size
    /// nil: by the price of the model.
    package var cost: Money?

    package init(_ size: Size, cost: Money? = nil) {
        self.size = size
        self.cost = cost
    }
}
