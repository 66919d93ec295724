/// `POST /manage/tokens`: one of `expires_in` (seconds) and `expires_at` (RFC 3339); `null` is never.
package struct IssueAccessTokenRequest: RequestBody {
    package static let fields: [Field] =
        ["project", "name"] + HolderFields.fields + ExpiryField.fields + GrantFields.fields
        + [Field("description", mayBeNull: true), Field("limits", mayBeNull: true), "honey"]

    /// A project's id or name.
    package var project: String
    package var name: String
    package var holder: HolderFields
    package var expiry: ExpiryField
    package var grants: GrantFields
    package var description = Given<String>.left
    package var limits: Given<[LimitField]>
    /// It opens nothing: its use raises an alarm.
    package var isHoney: Bool

    package init(
        project: String, name: String, holder: HolderFields = HolderFields(), expiry: ExpiryField,
        grants: GrantFields = GrantFields(),
        limits: Given<[LimitField]> = .left, isHoney: Bool = false
    ) {
        self.project = project
        self.name = name
        self.holder = holder
        self.expiry = expiry
        self.grants = grants
        self.limits = limits
        self.isHoney = isHoney
    }

    private enum CodingKeys: String, CodingKey {
        case project, name, description, limits
        case isHoney = "honey"
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        project = try container.decode(String.self, forKey: .project)
        name = try container.decode(String.self, forKey: .name)
        holder = try HolderFields(from: decoder)
        guard let expiry = try ExpiryField(in: decoder) else {
            throw Problem.invalid(
                "expires_in", "it is missing; seconds, or null for a token that never expires")
        }
        self.expiry = expiry
        grants = try GrantFields(from: decoder)
        description = try container.decode(Given<String>.self, forKey: .description)
        limits = try container.decode(Given<[LimitField]>.self, forKey: .limits)
        isHoney = try container.decodeIfPresent(Bool.self, forKey: .isHoney) ?? false
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(project, forKey: .project)
        try container.encode(name, forKey: .name)
        try container.encode(description, forKey: .description)
        try container.encode(limits, forKey: .limits)
        if isHoney { try container.encode(true, forKey: .isHoney) }
        try holder.encode(to: encoder)
        try expiry.encode(to: encoder)
        try grants.encode(to: encoder)
    }
}
