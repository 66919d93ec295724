/// A project as the management API shows it.
package struct ProjectResource: Codable, Equatable, Sendable {
    package var id: String
    package var name: String
    package var upstreamURL: String
    /// `active`, `disabled` or `archived`.
    package var state: String
    /// nil where no upstream key was set.
    package var credential: CredentialResource?
    package var createdAt: String
    package var updatedAt: String

    package enum CodingKeys: String, CodingKey {
        case id, name, state, credential
        case upstreamURL = "upstream_url"
        case createdAt = "created_at"
        case updatedAt = "updated_at"
    }

    /// `credential` is written as `null` where there is none.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(id, forKey: .id)
        try container.encode(name, forKey: .name)
        try container.encode(upstreamURL, forKey: .upstreamURL)
        try container.encode(state, forKey: .state)
        try container.encode(credential, forKey: .credential)
        try container.encode(createdAt, forKey: .createdAt)
        try container.encode(updatedAt, forKey: .updatedAt)
    }
}

/// What may be told of an upstream credential: never its key.
package struct CredentialResource: Codable, Equatable, Sendable {
    package var id: String
    package var createdAt: String

    package enum CodingKeys: String, CodingKey {
        case id
        case createdAt = "created_at"
    }
}

/// `POST /manage/projects`. Without `upstream_key` the project refuses calls until its credential is set.
package struct CreateProjectRequest: RequestBody {
    package static let fields: [Field] = ["name", "upstream_url", "upstream_key"]
    package var name: String
    package var upstreamURL: String?
    package var upstreamKey: String?

    package init(name: String, upstreamURL: String?, upstreamKey: String?) {
        self.name = name
        self.upstreamURL = upstreamURL
        self.upstreamKey = upstreamKey
    }

    package enum CodingKeys: String, CodingKey {
        case name
        case upstreamURL = "upstream_url"
        case upstreamKey = "upstream_key"
    }
}

/// `PATCH /manage/projects/{id}`: what is left out stays.
package struct UpdateProjectRequest: RequestBody {
    package static let fields: [Field] = ["name", "upstream_url", "upstream_key", "state"]
    package var name: String?
    package var upstreamURL: String?
    /// Has to stand beside an `upstream_url` of another origin: a key is never sent elsewhere than it was
    /// given for.
    package var upstreamKey: String?
    package var state: String?

    package init(name: String?, upstreamURL: String?, upstreamKey: String?, state: String?) {
        self.name = name
        self.upstreamURL = upstreamURL
        self.upstreamKey = upstreamKey
        self.state = state
    }

    package enum CodingKeys: String, CodingKey {
        case name, state
        case upstreamURL = "upstream_url"
        case upstreamKey = "upstream_key"
    }
}

/// `PUT /manage/projects/{id}/credential`.
package struct SetCredentialRequest: RequestBody {
    package static let fields: [Field] = ["key"]
    package var key: String
    package init(key: String) { self.key = key }
}
