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
    @Nullable package var expiresAt: String? = nil

    package enum CodingKeys: String, CodingKey {
        case id, name, project, token
        case baseURL = "base_url"
        case expiresAt = "expires_at"
    }
}
