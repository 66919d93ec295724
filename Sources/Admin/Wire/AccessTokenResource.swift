/// An access token as the management API shows it: its text only in the answer that issues it.
package struct AccessTokenResource: Codable, Equatable, Sendable {
    package var id: String
    /// The project's id.
    package var project: String
    package var name: String
    /// `active`, `suspended`, `expired` or `revoked`.
    package var status: String
    package var createdAt: String
    /// nil: never.
    package var expiresAt: String?
    package var revokedAt: String?
    package var suspendedAt: String?
    package var lastUsedAt: String?
    /// Who holds it.
    package var owner: String?
    package var labels: [String: String]
    /// The first of its rotations: what limits and usage go by.
    package var lineage: String
    package var rotatedFrom: String?
    package var rotatedTo: String?
    /// nil: not restricted.
    package var models: [String]?
    package var endpoints: [String]?
    package var networks: [String]?
    package var notBefore: String?
    /// Seconds without use.
    package var idleExpiresIn: Int64?
    package var outputCap: String?
    /// `fit` or `refuse`; nil is as the project has it.
    package var unboundedOutput: String?
    package var limits: [LimitResource]
    /// It opens nothing: its use raises an alarm.
    package var honey: Bool
    /// The credential itself, once.
    package var token: String?
    /// Where it is used, beside `token`: what a client takes for OpenAI's, `https://…/v1`.
    package var baseURL: String?
    /// True where `LATCHKEY_PUBLIC_URL` is not set, though clients may need another address than ``baseURL``.
    package var isBaseURLAssumed: Bool?

    package enum CodingKeys: String, CodingKey {
        case id, project, name, status, token, models, endpoints, networks, limits, honey
        case owner, labels, lineage
        case rotatedFrom = "rotated_from"
        case rotatedTo = "rotated_to"
        case suspendedAt = "suspended_at"
        case createdAt = "created_at"
        case expiresAt = "expires_at"
        case revokedAt = "revoked_at"
        case lastUsedAt = "last_used_at"
        case notBefore = "not_before"
        case idleExpiresIn = "idle_expires_in"
        case outputCap = "output_cap"
        case unboundedOutput = "unbounded_output"
        case baseURL = "base_url"
        case isBaseURLAssumed = "base_url_assumed"
    }
}

extension AccessTokenResource {
    /// What may be nil is written as `null`; but `token` and what goes with it is left out.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(id, forKey: .id)
        try container.encode(project, forKey: .project)
        try container.encode(name, forKey: .name)
        try container.encode(status, forKey: .status)
        try container.encode(createdAt, forKey: .createdAt)
        try container.encode(expiresAt, forKey: .expiresAt)
        try container.encode(revokedAt, forKey: .revokedAt)
        try container.encode(lastUsedAt, forKey: .lastUsedAt)
        try container.encode(suspendedAt, forKey: .suspendedAt)
        try container.encode(owner, forKey: .owner)
        try container.encode(labels, forKey: .labels)
        try container.encode(lineage, forKey: .lineage)
        try container.encode(rotatedFrom, forKey: .rotatedFrom)
        try container.encode(rotatedTo, forKey: .rotatedTo)
        try container.encode(models, forKey: .models)
        try container.encode(endpoints, forKey: .endpoints)
        try container.encode(networks, forKey: .networks)
        try container.encode(notBefore, forKey: .notBefore)
        try container.encode(idleExpiresIn, forKey: .idleExpiresIn)
        try container.encode(outputCap, forKey: .outputCap)
        try container.encode(unboundedOutput, forKey: .unboundedOutput)
        try container.encode(limits, forKey: .limits)
        try container.encode(honey, forKey: .honey)
        try container.encodeIfPresent(token, forKey: .token)
        try container.encodeIfPresent(baseURL, forKey: .baseURL)
        try container.encodeIfPresent(isBaseURLAssumed, forKey: .isBaseURLAssumed)
    }
}
