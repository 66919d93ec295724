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
    @Nullable package var expiresAt: String? = nil
    @Nullable package var revokedAt: String? = nil
    @Nullable package var suspendedAt: String? = nil
    @Nullable package var lastUsedAt: String? = nil
    /// Who holds it.
    @Nullable package var owner: String? = nil
    package var labels: [String: String]
    /// What it is for.
    @Nullable package var description: String? = nil
    /// The first of its rotations: what limits and usage go by.
    package var lineage: String
    @Nullable package var rotatedFrom: String? = nil
    @Nullable package var rotatedTo: String? = nil
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
        case owner, labels, description, lineage
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
