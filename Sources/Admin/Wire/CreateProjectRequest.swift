/// `POST /manage/projects`. Without `upstream_key` the project refuses calls until its credential is set.
package struct CreateProjectRequest: RequestBody {
    package static let fields: [Field] =
        ["name", "upstream_url", "upstream_key"] + ProjectResource.Fields.fields
        + [Field("limits", mayBeNull: true)]
    package var name: String
    package var upstreamURL: String?
    package var upstreamKey: String?
    package var fields: ProjectResource.Fields
    package var limits: Given<[LimitField]>

    package init(
        name: String, upstreamURL: String?, upstreamKey: String?, fields: ProjectResource.Fields,
        limits: Given<[LimitField]>
    ) {
        self.name = name
        self.upstreamURL = upstreamURL
        self.upstreamKey = upstreamKey
        self.fields = fields
        self.limits = limits
    }

    private enum CodingKeys: String, CodingKey {
        case name, limits
        case upstreamURL = "upstream_url"
        case upstreamKey = "upstream_key"
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        name = try container.decode(String.self, forKey: .name)
        upstreamURL = try container.decodeIfPresent(String.self, forKey: .upstreamURL)
        upstreamKey = try container.decodeIfPresent(String.self, forKey: .upstreamKey)
        fields = try ProjectResource.Fields(from: decoder)
        limits = try container.decode(Given<[LimitField]>.self, forKey: .limits)
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(name, forKey: .name)
        try container.encodeIfPresent(upstreamURL, forKey: .upstreamURL)
        try container.encodeIfPresent(upstreamKey, forKey: .upstreamKey)
        try container.encode(limits, forKey: .limits)
        try fields.encode(to: encoder)
    }
}
