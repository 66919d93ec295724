package import Domain

/// A request that the asker thinks of making. What it leaves open is taken to be such as is granted.
package struct AccessQuestion: Hashable, Sendable {
    /// What the body names.
    package var model: String?
    /// nil: one that uses a model.
    package var path: AskedPath?
    /// The address that it comes from.
    package var client: IPAddress?
    /// How many are asked for; nil names none.
    package var choices: Int64?
    package var use: StatedUse

    package init(
        model: String? = nil, path: AskedPath? = nil, size: StatedUse.Size = .tokens(0), cost: Money? = nil
    ) {
        self.model = model
        self.path = path
        use = StatedUse(size, cost: cost)
    }
}
