/// An access token as the management API shows it: its text only in the answer that issues it.
package struct AccessTokenResource: Codable, Equatable, Sendable {
    package var id: String
    /// The project's id.
    package var project: String
    package var name: String
    /// `active`, `expired` or `revoked`.
    package var status: String
    package var createdAt: String
    /// nil: never.
    package var expiresAt: String?
    package var revokedAt: String?
    /// The credential itself, once.
    package var token: String?

    package enum CodingKeys: String, CodingKey {
        case id, project, name, status, token
        case createdAt = "created_at"
        case expiresAt = "expires_at"
        case revokedAt = "revoked_at"
    }
}

extension AccessTokenResource {
    /// `expires_at` and `revoked_at` are written as `null` where there is none; `token` is left out.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(id, forKey: .id)
        try container.encode(project, forKey: .project)
        try container.encode(name, forKey: .name)
        try container.encode(status, forKey: .status)
        try container.encode(createdAt, forKey: .createdAt)
        try container.encode(expiresAt, forKey: .expiresAt)
        try container.encode(revokedAt, forKey: .revokedAt)
        try container.encodeIfPresent(token, forKey: .token)
    }
}

/// `POST /manage/tokens`: one of `expires_in` (seconds) and `expires_at` (RFC 3339); `null` is never.
package struct IssueAccessTokenRequest: RequestBody {
    package static let fields: [Field] = [
        "project", "name", Field("expires_in", mayBeNull: true), Field("expires_at", mayBeNull: true),
    ]

    package enum Expiry: Equatable, Sendable {
        case never
        case after(seconds: Int64)
        /// RFC 3339.
        case at(String)
    }

    /// A project's id or name.
    package var project: String
    package var name: String
    package var expiry: Expiry

    package init(project: String, name: String, expiry: Expiry) {
        self.project = project
        self.name = name
        self.expiry = expiry
    }

    private enum CodingKeys: String, CodingKey {
        case project, name
        case expiresIn = "expires_in"
        case expiresAt = "expires_at"
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        project = try container.decode(String.self, forKey: .project)
        name = try container.decode(String.self, forKey: .name)
        switch (container.contains(.expiresIn), container.contains(.expiresAt)) {
        case (true, true): throw Problem.invalid("expires_at", "it may not stand beside expires_in")
        case (false, false):
            throw Problem.invalid("expires_in", "it is missing; seconds, or null for a token that never expires")
        case (true, false):
            expiry = try container.decodeIfPresent(Int64.self, forKey: .expiresIn).map { .after(seconds: $0) } ?? .never
        case (false, true):
            expiry = try container.decodeIfPresent(String.self, forKey: .expiresAt).map { .at($0) } ?? .never
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(project, forKey: .project)
        try container.encode(name, forKey: .name)
        switch expiry {
        case .never: try container.encodeNil(forKey: .expiresIn)
        case .after(let seconds): try container.encode(seconds, forKey: .expiresIn)
        case .at(let time): try container.encode(time, forKey: .expiresAt)
        }
    }
}
