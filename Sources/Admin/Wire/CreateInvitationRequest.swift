import Domain

/// `POST /manage/invitations`: an access token that is minted when it is claimed. One of `token_expires_in`
/// (seconds from the claim on) and `token_expires_at` (RFC 3339) is needed; `null` is never.
package struct CreateInvitationRequest: RequestBody {
    package static let fields: [Field] =
        ["project", "name", "expires_in"] + HolderFields.fields
        + [Field("token_expires_in", mayBeNull: true), Field("token_expires_at", mayBeNull: true)]
        + GrantFields.fields + [Field("limits", mayBeNull: true)]
    /// Three days, in seconds: a weekend.
    package static let defaultLifetime: Int64 = 259_200
    /// Thirty days: a link that lies about for longer is forgotten.
    package static let longestLifetime: Int64 = 2_592_000

    /// A project's id or name.
    package var project: String
    package var name: String
    /// Of the invitation, in seconds; three days where it is left out.
    package var expiresIn: Int64?
    package var holder: HolderFields
    package var tokenExpiry: ExpiryField
    package var grants: GrantFields
    package var limits: Given<[LimitField]>

    package init(
        project: String, name: String, expiresIn: Int64?, holder: HolderFields = HolderFields(),
        tokenExpiry: ExpiryField, grants: GrantFields = GrantFields(), limits: Given<[LimitField]> = .left
    ) {
        self.project = project
        self.name = name
        self.expiresIn = expiresIn
        self.holder = holder
        self.tokenExpiry = tokenExpiry
        self.grants = grants
        self.limits = limits
    }

    private enum CodingKeys: String, CodingKey {
        case project, name, limits
        case expiresIn = "expires_in"
        case tokenExpiresIn = "token_expires_in"
        case tokenExpiresAt = "token_expires_at"
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        project = try container.decode(String.self, forKey: .project)
        name = try container.decode(String.self, forKey: .name)
        expiresIn = try container.decodeIfPresent(Int64.self, forKey: .expiresIn)
        holder = try HolderFields(from: decoder)
        let seconds = try container.decode(Given<Int64>.self, forKey: .tokenExpiresIn)
        let moment = try container.decode(Given<String>.self, forKey: .tokenExpiresAt)
        guard let expiry = try ExpiryField(seconds, moment, prefix: "token_") else {
            throw Problem.invalid(
                "token_expires_in", "it is missing; seconds, or null for a token that never expires")
        }
        tokenExpiry = expiry
        grants = try GrantFields(from: decoder)
        limits = try container.decode(Given<[LimitField]>.self, forKey: .limits)
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(project, forKey: .project)
        try container.encode(name, forKey: .name)
        try container.encodeIfPresent(expiresIn, forKey: .expiresIn)
        switch tokenExpiry {
        case .never: try container.encodeNil(forKey: .tokenExpiresIn)
        case .after(let seconds): try container.encode(seconds, forKey: .tokenExpiresIn)
        case .at(let time): try container.encode(time, forKey: .tokenExpiresAt)
        }
        try container.encode(limits, forKey: .limits)
        try holder.encode(to: encoder)
        try grants.encode(to: encoder)
    }

    /// In seconds. Throws where it is out of bounds.
    func lifetime() throws(Problem) -> Int64 {
        let seconds = expiresIn ?? Self.defaultLifetime
        guard (1...Self.longestLifetime).contains(seconds) else {
            throw .invalid(
                "expires_in", "it has to be a number of seconds from 1 to \(Self.longestLifetime)")
        }
        return seconds
    }
}
