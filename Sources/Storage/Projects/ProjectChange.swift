package import Domain

/// What is to be changed of a project: nil leaves a field as it is.
package struct ProjectChange: Hashable, Sendable {
    package var name: ProjectName?
    package var upstream: UpstreamURL?
    package var state: Project.State?
    /// By its IANA name; whoever asks for it has to know that there is such a zone.
    package var timeZone: String?
    package var streamUsage: StreamUsage?
    package var unpriced: UnpricedRule?
    package var unboundedOutput: UnboundedOutput?
    package var unknownEndpoints: UnknownEndpoints?
    /// A nil within is none.
    package var openAIOrganization: String??
    package var openAIProject: String??
    /// All limits from then on.
    package var limits: LimitSet?

    package init(name: ProjectName? = nil, upstream: UpstreamURL? = nil, state: Project.State? = nil) {
        self.name = name
        self.upstream = upstream
        self.state = state
    }
}
