/// `PATCH /manage/projects/{id}`: what is left out stays.
package struct UpdateProjectRequest: RequestBody {
    package static let fields: [Field] =
        ["name", "upstream_url", "upstream_key", "state"] + ProjectResource.Fields.fields
        + [Field("limits", mayBeNull: true)]
    package var name: String?
    package var upstreamURL: String?
    /// Needed with an `upstream_url` of another origin: a key is never sent elsewhere than it was given for.
    package var upstreamKey: String?
    package var state: String?
    package var fields: ProjectResource.Fields
    /// All limits from then on; one whose metric, window and models were there keeps its counter.
    package var limits: Given<[LimitField]>

    package init(
        name: String?, upstreamURL: String?, upstreamKey: String?, state: String?,
        fields: ProjectResource.Fields, limits: Given<[LimitField]>
    ) {
        self.name = name
        self.upstreamURL = upstreamURL
        self.upstreamKey = upstreamKey
        self.state = state
        self.fields = fields
        self.limits = limits
    }

    private enum CodingKeys: String, CodingKey {
        case name, state, limits
        case upstreamURL = "upstream_url"
        case upstreamKey = "upstream_key"
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        name = try container.decodeIfPresent(String.self, forKey: .name)
        upstreamURL = try container.decodeIfPresent(String.self, forKey: .upstreamURL)
        upstreamKey = try container.decodeIfPresent(String.self, forKey: .upstreamKey)
        state = try container.decodeIfPresent(String.self, forKey: .state)
        fields = try ProjectResource.Fields(from: decoder)
        limits = try container.decode(Given<[LimitField]>.self, forKey: .limits)
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encodeIfPresent(name, forKey: .name)
        try container.encodeIfPresent(upstreamURL, forKey: .upstreamURL)
        try container.encodeIfPresent(upstreamKey, forKey: .upstreamKey)
        try container.encodeIfPresent(state, forKey: .state)
        try container.encode(limits, forKey: .limits)
        try fields.encode(to: encoder)
    }
}
