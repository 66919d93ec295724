/// A management key as the management API shows it: its text only in the answer that creates it.
package struct ManagementKeyResource: Codable, Equatable, Sendable {
    package var id: String
    package var name: String
    /// `read`, `issue` or `admin`.
    package var role: String
    /// The id of the only project that it reaches; nil reaches all.
    @Nullable package var project: String? = nil
    package var createdAt: String
    @Nullable package var revokedAt: String? = nil
    /// The credential itself, once.
    package var key: String?

    package enum CodingKeys: String, CodingKey {
        case id, name, role, project, key
        case createdAt = "created_at"
        case revokedAt = "revoked_at"
    }
}

/// `POST /manage/keys`.
package struct CreateManagementKeyRequest: RequestBody {
    package static let fields: [Field] = ["name", "role", Field("project", mayBeNull: true)]
    package var name: String
    /// `read`, `issue` or `admin`; there is no default, for most keys need not be `admin`.
    package var role: String
    /// The id or name of the only project that it reaches; nil reaches all.
    package var project: String?

    package init(name: String, role: String, project: String? = nil) {
        self.name = name
        self.role = role
        self.project = project
    }
}
