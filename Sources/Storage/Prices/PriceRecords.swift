/// All that was set of prices, as of one version of the table that it makes with the shipped list.
package struct PriceRecords: Hashable, Sendable {
    /// Rises with every change, also where a new program brings a new list. From 1.
    package let version: Int64
    /// By model, in the order of their names.
    package let overrides: [PriceOverride]
}
