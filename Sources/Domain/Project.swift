/// What access tokens belong to: a name, an upstream, and a state. The upstream's key is kept apart, sealed.
package struct Project: Hashable, Sendable {
    /// `active` admits; `disabled` refuses until it is enabled again; `archived` is for good and keeps its
    /// history.
    package enum State: String, Sendable, CaseIterable {
        case active, disabled, archived
    }

    package var id: ProjectID
    package var name: ProjectName
    package var upstream: UpstreamURL
    package var state: State
    package var createdAt: Timestamp
    package var updatedAt: Timestamp
    /// By its IANA name: where its days, weeks and months begin.
    package var timeZone = "UTC"
    package var streamUsage = StreamUsage.inject
    package var unpriced = UnpricedRule.refuse
    package var unboundedOutput = UnboundedOutput.fit
    package var unknownEndpoints = UnknownEndpoints.refuse
    /// What it is for.
    package var description: Description?
    /// The value of `OpenAI-Organization` towards the upstream; nil sends none.
    package var openAIOrganization: String?
    /// The same of `OpenAI-Project`.
    package var openAIProject: String?

    package init(
        id: ProjectID, name: ProjectName, upstream: UpstreamURL, state: State, createdAt: Timestamp,
        updatedAt: Timestamp
    ) {
        self.id = id
        self.name = name
        self.upstream = upstream
        self.state = state
        self.createdAt = createdAt
        self.updatedAt = updatedAt
    }
}
