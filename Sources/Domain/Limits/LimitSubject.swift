/// What a limit is on: a project, or an access token with all that it was rotated to.
package enum LimitSubject: Hashable, Sendable {
    case project(ProjectID)
    /// The first access token of its rotations, and its project.
    case lineage(AccessTokenID, of: ProjectID)

    package var project: ProjectID {
        switch self {
        case .project(let id), .lineage(_, of: let id): id
        }
    }

    package var isLineage: Bool {
        switch self {
        case .project: false
        case .lineage: true
        }
    }
}
