package import Domain

/// Which projects are listed: those that meet all that is given.
package struct ProjectFilter: Hashable, Sendable {
    package var state: Project.State?
    /// A part of the name, in upper or lower case, or the id.
    package var text: String?
    /// None but this one.
    package var only: ProjectID?

    package init(state: Project.State? = nil, text: String? = nil, only: ProjectID? = nil) {
        self.state = state
        self.text = text
        self.only = only
    }
}
