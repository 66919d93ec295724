/// A project as the management API shows it.
package struct ProjectResource: Codable, Equatable, Sendable {
    package var id: String
    package var name: String
    package var upstreamURL: String
    /// `active`, `disabled` or `archived`.
    package var state: String
    /// The active one; nil where no upstream key was set.
    @Nullable package var credential: CredentialResource? = nil
    package var createdAt: String
    package var updatedAt: String
    /// By its IANA name: where its days, weeks and months begin.
    package var timeZone: String
    /// `inject` or `observe`.
    package var streamUsage: String
    /// `refuse`, `allow`, or a default price.
    package var unpricedModels: String
    /// `fit` or `refuse`.
    package var unboundedOutput: String
    /// `refuse` or `allow`.
    package var unknownEndpoints: String
    /// What the upstream is sent as `OpenAI-Organization`; nil sends none.
    @Nullable package var openAIOrganization: String? = nil
    /// The same of `OpenAI-Project`.
    @Nullable package var openAIProject: String? = nil
    package var limits: [LimitResource]

    package enum CodingKeys: String, CodingKey {
        case id, name, state, credential, limits
        case timeZone = "time_zone"
        case streamUsage = "stream_usage"
        case unpricedModels = "unpriced_models"
        case unboundedOutput = "unbounded_output"
        case unknownEndpoints = "unknown_endpoints"
        case openAIOrganization = "openai_organization"
        case openAIProject = "openai_project"
        case upstreamURL = "upstream_url"
        case createdAt = "created_at"
        case updatedAt = "updated_at"
    }
}

/// `POST /manage/projects`. Without `upstream_key` the project refuses calls until its credential is set.
package struct CreateProjectRequest: RequestBody {
    package static let fields: [Field] = [
        "name", "upstream_url", "upstream_key", "time_zone", "stream_usage", "unpriced_models",
        "unbounded_output", "unknown_endpoints", Field("openai_organization", mayBeNull: true),
        Field("openai_project", mayBeNull: true), Field("limits", mayBeNull: true),
    ]
    package var name: String
    package var upstreamURL: String?
    package var upstreamKey: String?
    /// `UTC` where it is left out.
    package var timeZone: String?
    /// `inject` where it is left out.
    package var streamUsage: String?
    /// `refuse` where it is left out.
    package var unpricedModels: String?
    /// `fit` where it is left out.
    package var unboundedOutput: String?
    /// `refuse` where it is left out.
    package var unknownEndpoints: String?
    package var openAIOrganization = Given<String>.left
    package var openAIProject = Given<String>.left
    package var limits = Given<[LimitField]>.left

    package init(name: String, upstreamURL: String?, upstreamKey: String?) {
        self.name = name
        self.upstreamURL = upstreamURL
        self.upstreamKey = upstreamKey
    }

    package enum CodingKeys: String, CodingKey {
        case name, limits
        case upstreamURL = "upstream_url"
        case upstreamKey = "upstream_key"
        case timeZone = "time_zone"
        case streamUsage = "stream_usage"
        case unpricedModels = "unpriced_models"
        case unboundedOutput = "unbounded_output"
        case unknownEndpoints = "unknown_endpoints"
        case openAIOrganization = "openai_organization"
        case openAIProject = "openai_project"
    }
}

/// `PATCH /manage/projects/{id}`: what is left out stays.
package struct UpdateProjectRequest: RequestBody {
    package static let fields: [Field] = [
        "name", "upstream_url", "upstream_key", "state", "time_zone", "stream_usage", "unpriced_models",
        "unbounded_output", "unknown_endpoints", Field("openai_organization", mayBeNull: true),
        Field("openai_project", mayBeNull: true), Field("limits", mayBeNull: true),
    ]
    package var name: String?
    package var upstreamURL: String?
    /// Has to stand beside an `upstream_url` of another origin: a key is never sent elsewhere than it was
    /// given for.
    package var upstreamKey: String?
    package var state: String?
    package var timeZone: String?
    package var streamUsage: String?
    package var unpricedModels: String?
    package var unboundedOutput: String?
    package var unknownEndpoints: String?
    /// `null` sends none from then on.
    package var openAIOrganization = Given<String>.left
    package var openAIProject = Given<String>.left
    /// All limits from then on; one whose metric, window and models were there keeps its counter.
    package var limits = Given<[LimitField]>.left

    package init(name: String?, upstreamURL: String?, upstreamKey: String?, state: String?) {
        self.name = name
        self.upstreamURL = upstreamURL
        self.upstreamKey = upstreamKey
        self.state = state
    }

    package enum CodingKeys: String, CodingKey {
        case name, state, limits
        case upstreamURL = "upstream_url"
        case upstreamKey = "upstream_key"
        case timeZone = "time_zone"
        case streamUsage = "stream_usage"
        case unpricedModels = "unpriced_models"
        case unboundedOutput = "unbounded_output"
        case unknownEndpoints = "unknown_endpoints"
        case openAIOrganization = "openai_organization"
        case openAIProject = "openai_project"
    }
}

/// `PUT /manage/projects/{id}/credential`.
package struct SetCredentialRequest: RequestBody {
    package static let fields: [Field] = ["key"]
    package var key: String
    package init(key: String) { self.key = key }
}
