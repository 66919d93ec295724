package import Domain

/// What is to be changed of a project: nil leaves a field as it is.
package struct ProjectChange: Hashable, Sendable {
    package var name: ProjectName?
    package var upstream: UpstreamURL?
    package var state: Project.State?

    package init(name: ProjectName? = nil, upstream: UpstreamURL? = nil, state: Project.State? = nil) {
        self.name = name
        self.upstream = upstream
        self.state = state
    }
}
