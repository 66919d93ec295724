/// An invitation whose secret was found in a text.
package struct LeakedInvitationResource: Codable, Equatable, Sendable {
    package var id: String
    /// The project's id.
    package var project: String
    package var projectName: String
    /// Of the access token that it is for.
    package var name: String
    package var outcome: LeakOutcome
    /// What came of it, where it was claimed: that works on.
    @Nullable package var tokenID: String? = nil

    package enum CodingKeys: String, CodingKey {
        case id, project, name, outcome
        case projectName = "project_name"
        case tokenID = "token_id"
    }
}
