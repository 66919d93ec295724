/// `GET /me`: an access token as its holder may see it, with nothing of other access tokens or the upstream.
package struct HolderResource: Codable, Equatable, Sendable {
    package var id: String
    package var name: String
    /// The project's name.
    package var project: String
    /// `active`: any other is refused.
    package var status: String
    package var createdAt: String
    @Nullable package var expiresAt: String? = nil
    @Nullable package var notBefore: String? = nil
    /// It expires when it was not used for so long.
    @Nullable package var idleExpiresIn: Int64? = nil
    /// Patterns; nil is all.
    @Nullable package var models: [String]? = nil
    /// nil is all but account administration.
    @Nullable package var endpoints: [String]? = nil
    @Nullable package var networks: [String]? = nil
    /// `AMOUNT:refuse` or `AMOUNT:clamp`; nil is none.
    @Nullable package var outputCap: String? = nil
    /// `fit` or `refuse`: what becomes of a request without a maximum of output where a quota is short.
    package var unboundedOutput: String
    package var limits: [HolderLimitResource]

    package enum CodingKeys: String, CodingKey {
        case id, name, project, status, models, endpoints, networks, limits
        case createdAt = "created_at"
        case expiresAt = "expires_at"
        case notBefore = "not_before"
        case idleExpiresIn = "idle_expires_in"
        case outputCap = "output_cap"
        case unboundedOutput = "unbounded_output"
    }
}

/// A limit as a holder sees it. Of a project's nothing is told but that it is there, and when a budget
/// resets: what is used is its siblings'.
package struct HolderLimitResource: Codable, Equatable, Sendable {
    /// `METRIC[/WINDOW][:MODEL-PATTERN]`.
    package var limit: String
    /// `access_token` or `project`.
    package var owner: String
    package var metric: String
    /// nil of concurrency.
    @Nullable package var window: String? = nil
    @Nullable package var models: String? = nil
    @Nullable package var amount: LimitAmount? = nil
    @Nullable package var used: LimitAmount? = nil
    /// Held by requests under way.
    @Nullable package var reserved: LimitAmount? = nil
    @Nullable package var remaining: LimitAmount? = nil
    /// nil: never, or not known.
    @Nullable package var resetsAt: String? = nil

    package enum CodingKeys: String, CodingKey {
        case limit, owner, metric, window, models, amount, used, reserved, remaining
        case resetsAt = "resets_at"
    }
}
