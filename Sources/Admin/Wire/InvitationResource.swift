/// An invitation as the management API shows it: its link only in the answer that makes it.
package struct InvitationResource: Codable, Equatable, Sendable {
    package var id: String
    /// The project's id.
    package var project: String
    package var name: String
    @Nullable package var owner: String? = nil
    package var labels: [String: String]
    /// `open`, `claimed`, `expired` or `revoked`.
    package var status: String
    package var createdAt: String
    /// Of the invitation: the first moment at which it cannot be claimed.
    package var expiresAt: String
    @Nullable package var revokedAt: String? = nil
    @Nullable package var claimedAt: String? = nil
    /// The address that claimed it.
    @Nullable package var claimedFrom: String? = nil
    /// The id of the access token that came of it.
    @Nullable package var tokenID: String? = nil
    /// Of the access token, in seconds from its claim on.
    @Nullable package var tokenExpiresIn: Int64? = nil
    @Nullable package var tokenExpiresAt: String? = nil
    /// As `requests=100/day`.
    package var limits: [String]
    /// nil: not restricted.
    @Nullable package var models: [String]? = nil
    @Nullable package var endpoints: [String]? = nil
    @Nullable package var networks: [String]? = nil
    @Nullable package var notBefore: String? = nil
    /// Seconds without use.
    @Nullable package var idleExpiresIn: Int64? = nil
    @Nullable package var outputCap: String? = nil
    /// `fit` or `refuse`; nil is as the project has it.
    @Nullable package var unboundedOutput: String? = nil
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
