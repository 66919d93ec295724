/// `PATCH /manage/tokens/{id}`: what is left out stays.
package struct UpdateAccessTokenRequest: RequestBody {
    package static let fields: [Field] =
        ["name"] + HolderFields.fields + ExpiryField.fields + GrantFields.fields
        + [Field("description", mayBeNull: true), Field("limits", mayBeNull: true)]

    package var name: String?
    package var holder: HolderFields
    package var expiry: ExpiryField?
    package var grants: GrantFields
    package var description = Given<String>.left
    /// All limits from then on; one whose metric, window and models were there keeps its counter.
    package var limits: Given<[LimitField]>

    package init(
        name: String? = nil, holder: HolderFields = HolderFields(), expiry: ExpiryField? = nil,
        grants: GrantFields = GrantFields(),
        limits: Given<[LimitField]> = .left
    ) {
        self.name = name
        self.holder = holder
        self.expiry = expiry
        self.grants = grants
        self.limits = limits
    }

    private enum CodingKeys: String, CodingKey {
        case name, description, limits
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        name = try container.decodeIfPresent(String.self, forKey: .name)
        holder = try HolderFields(from: decoder)
        expiry = try ExpiryField(in: decoder)
        grants = try GrantFields(from: decoder)
        description = try container.decode(Given<String>.self, forKey: .description)
        limits = try container.decode(Given<[LimitField]>.self, forKey: .limits)
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encodeIfPresent(name, forKey: .name)
        try container.encode(description, forKey: .description)
        try container.encode(limits, forKey: .limits)
        try holder.encode(to: encoder)
        try expiry?.encode(to: encoder)
        try grants.encode(to: encoder)
    }
}
