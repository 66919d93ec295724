package import Domain

/// What a new project may be given beside its name and its upstream.
package struct ProjectSettings: Sendable {
    package var timeZone: String
    package var streamUsage: StreamUsage
    package var unpriced: UnpricedRule
    package var limits: LimitSet
    package var unboundedOutput = UnboundedOutput.fit
    package var unknownEndpoints = UnknownEndpoints.refuse
    package var openAIOrganization: String?
    package var openAIProject: String?

    package init(
        timeZone: String = "UTC", streamUsage: StreamUsage = .inject, unpriced: UnpricedRule = .refuse,
        limits: LimitSet = .none
    ) {
        self.timeZone = timeZone
        self.streamUsage = streamUsage
        self.unpriced = unpriced
        self.limits = limits
    }
}
