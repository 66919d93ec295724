/// A management key as the management API shows it: its text only in the answer that creates it.
package struct ManagementKeyResource: Codable, Equatable, Sendable {
    package var id: String
    package var name: String
    package var createdAt: String
    package var revokedAt: String?
    /// The credential itself, once.
    package var key: String?

    package enum CodingKeys: String, CodingKey {
        case id, name, key
        case createdAt = "created_at"
        case revokedAt = "revoked_at"
    }

    /// `revoked_at` is written as `null` where there is none; `key` is left out.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(id, forKey: .id)
        try container.encode(name, forKey: .name)
        try container.encode(createdAt, forKey: .createdAt)
        try container.encode(revokedAt, forKey: .revokedAt)
        try container.encodeIfPresent(key, forKey: .key)
    }
}

/// `POST /manage/keys`.
package struct CreateManagementKeyRequest: RequestBody {
    package static let fields: [Field] = ["name"]
    package var name: String
    package init(name: String) { self.name = name }
}
