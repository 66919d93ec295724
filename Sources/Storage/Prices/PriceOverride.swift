package import Domain

/// What an operator set for one model, in place of the shipped price.
package struct PriceOverride: Hashable, Sendable {
    package let model: String
    /// As `PriceDocument` reads it; nil where the model has no price, whatever is shipped.
    package let document: String?
    /// The version of the table that began with it.
    package let version: Int64
    package let updatedAt: Timestamp
}
