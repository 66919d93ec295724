package import Domain

/// What is to be changed of an access token: what is not given stays as it is.
package struct AccessTokenChange: Hashable, Sendable {
    package var name: Label?
    /// A nil within it takes the owner away.
    package var owner: Label??
    /// A nil within it takes the description away.
    package var description: Description??
    /// All labels from then on.
    package var labels: LabelSet?
    /// Counts from the moment of the change.
    package var lifetime: Lifetime?
    package var grants: [GrantChange]
    /// All limits from then on.
    package var limits: LimitSet?

    package init(
        name: Label? = nil, lifetime: Lifetime? = nil, grants: [GrantChange] = [], limits: LimitSet? = nil
    ) {
        self.name = name
        self.lifetime = lifetime
        self.grants = grants
        self.limits = limits
    }
}
