package import Domain

/// What is to be changed of a project: what is not named stays as it is.
package struct ProjectChange: Sendable {
    /// All limits from then on; nil leaves them.
    package var limits: LimitSet?
    private var edits: [@Sendable (inout Project) -> Void] = []

    package init(name: ProjectName? = nil, upstream: UpstreamURL? = nil, state: Project.State? = nil) {
        set(\.name, to: name)
        set(\.upstream, to: upstream)
        set(\.state, to: state)
    }

    /// nil leaves the field as it is. Whoever sets a time zone has to know that there is such a zone.
    package mutating func set<Value: Sendable>(
        _ field: any WritableKeyPath<Project, Value> & Sendable, to value: Value?
    ) {
        guard let value else { return }
        edits.append { $0[keyPath: field] = value }
    }

    package func applied(to old: Project) -> Project {
        edits.reduce(into: old) { project, edit in edit(&project) }
    }
}
