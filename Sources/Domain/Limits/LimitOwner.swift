/// Whose limit it is, as a holder is told: its own, or its project's. An access token's limits are those of
/// its whole line of rotations.
package enum LimitOwner: String, Hashable, Sendable {
    case accessToken = "access_token"
    case project

    package var words: String {
        switch self {
        case .accessToken: "access token"
        case .project: "project"
        }
    }
}
