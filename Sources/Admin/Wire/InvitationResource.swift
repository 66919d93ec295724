/// An invitation as the management API shows it: its link only in the answer that makes it.
package struct InvitationResource: Codable, Equatable, Sendable {
    package var id: String
    /// The project's id.
    package var project: String
    package var name: String
    package var owner: String?
    package var labels: [String: String]
    /// `open`, `claimed`, `expired` or `revoked`.
    package var status: String
    package var createdAt: String
    /// Of the invitation: the first moment at which it cannot be claimed.
    package var expiresAt: String
    package var revokedAt: String?
    package var claimedAt: String?
    /// The address that claimed it.
    package var claimedFrom: String?
    /// The id of the access token that came of it.
    package var tokenID: String?
    /// Of the access token, in seconds from its claim on.
    package var tokenExpiresIn: Int64?
    package var tokenExpiresAt: String?
    /// As `requests=100/day`.
    package var limits: [String]
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
    /// What the holder opens, once.
    package var url: String?
    /// Where it is used, beside `url`: what a client takes for OpenAI's, `https://…/v1`.
    package var baseURL: String?
    /// True where `LATCHKEY_PUBLIC_URL` is not set, though clients may need another address than ``baseURL``.
    package var isBaseURLAssumed: Bool?

    package enum CodingKeys: String, CodingKey {
        case id, project, name, owner, labels, status, limits, models, endpoints, networks, url
        case createdAt = "created_at"
        case expiresAt = "expires_at"
        case revokedAt = "revoked_at"
        case claimedAt = "claimed_at"
        case claimedFrom = "claimed_from"
        case tokenID = "token_id"
        case tokenExpiresIn = "token_expires_in"
        case tokenExpiresAt = "token_expires_at"
        case notBefore = "not_before"
        case idleExpiresIn = "idle_expires_in"
        case outputCap = "output_cap"
        case unboundedOutput = "unbounded_output"
        case baseURL = "base_url"
        case isBaseURLAssumed = "base_url_assumed"
    }
}

extension InvitationResource {
    /// What may be nil is written as `null`; but `url` and what goes with it is left out.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(id, forKey: .id)
        try container.encode(project, forKey: .project)
        try container.encode(name, forKey: .name)
        try container.encode(owner, forKey: .owner)
        try container.encode(labels, forKey: .labels)
        try container.encode(status, forKey: .status)
        try container.encode(createdAt, forKey: .createdAt)
        try container.encode(expiresAt, forKey: .expiresAt)
        try container.encode(revokedAt, forKey: .revokedAt)
        try container.encode(claimedAt, forKey: .claimedAt)
        try container.encode(claimedFrom, forKey: .claimedFrom)
        try container.encode(tokenID, forKey: .tokenID)
        try container.encode(tokenExpiresIn, forKey: .tokenExpiresIn)
        try container.encode(tokenExpiresAt, forKey: .tokenExpiresAt)
        try container.encode(limits, forKey: .limits)
        try container.encode(models, forKey: .models)
        try container.encode(endpoints, forKey: .endpoints)
        try container.encode(networks, forKey: .networks)
        try container.encode(notBefore, forKey: .notBefore)
        try container.encode(idleExpiresIn, forKey: .idleExpiresIn)
        try container.encode(outputCap, forKey: .outputCap)
        try container.encode(unboundedOutput, forKey: .unboundedOutput)
        try container.encodeIfPresent(url, forKey: .url)
        try container.encodeIfPresent(baseURL, forKey: .baseURL)
        try container.encodeIfPresent(isBaseURLAssumed, forKey: .isBaseURLAssumed)
    }
}
