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
    package var tokenID: String?

    package enum CodingKeys: String, CodingKey {
        case id, project, name, outcome
        case projectName = "project_name"
        case tokenID = "token_id"
    }

    /// What may be nil is written as `null`.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(id, forKey: .id)
        try container.encode(project, forKey: .project)
        try container.encode(projectName, forKey: .projectName)
        try container.encode(name, forKey: .name)
        try container.encode(outcome, forKey: .outcome)
        try container.encode(tokenID, forKey: .tokenID)
    }
}
