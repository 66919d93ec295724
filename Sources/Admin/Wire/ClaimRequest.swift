/// `POST /claim`: what stands behind the `#` of an invitation's link.
package struct ClaimRequest: RequestBody {
    package static let fields: [Field] = ["secret"]
    package var secret: String
    package init(secret: String) { self.secret = secret }
}

/// The access token that came of an invitation, shown this once.
package struct ClaimResource: Codable, Equatable, Sendable {
    package var id: String
    package var name: String
    /// The project's name.
    package var project: String
    /// The credential itself.
    package var token: String
    /// What a client takes for OpenAI's: `https://…/v1`.
    package var baseURL: String
    /// nil: never.
    package var expiresAt: String?

    package enum CodingKeys: String, CodingKey {
        case id, name, project, token
        case baseURL = "base_url"
        case expiresAt = "expires_at"
    }

    /// `expires_at` is written as `null` where it never does.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(id, forKey: .id)
        try container.encode(name, forKey: .name)
        try container.encode(project, forKey: .project)
        try container.encode(token, forKey: .token)
        try container.encode(baseURL, forKey: .baseURL)
        try container.encode(expiresAt, forKey: .expiresAt)
    }
}
