/// `GET /me`: an access token as its holder may see it, with nothing of other access tokens or the upstream.
package struct HolderResource: Codable, Equatable, Sendable {
    package var id: String
    package var name: String
    /// The project's name.
    package var project: String
    /// `active`: any other is refused.
    package var status: String
    package var createdAt: String
    package var expiresAt: String?
    package var notBefore: String?
    /// It expires when it was not used for so long.
    package var idleExpiresIn: Int64?
    /// Patterns; nil is all.
    package var models: [String]?
    /// nil is all but account administration.
    package var endpoints: [String]?
    package var networks: [String]?
    /// `AMOUNT:refuse` or `AMOUNT:clamp`; nil is none.
    package var outputCap: String?
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

    /// Absent values are written as `null`.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(id, forKey: .id)
        try container.encode(name, forKey: .name)
        try container.encode(project, forKey: .project)
        try container.encode(status, forKey: .status)
        try container.encode(createdAt, forKey: .createdAt)
        try container.encode(expiresAt, forKey: .expiresAt)
        try container.encode(notBefore, forKey: .notBefore)
        try container.encode(idleExpiresIn, forKey: .idleExpiresIn)
        try container.encode(models, forKey: .models)
        try container.encode(endpoints, forKey: .endpoints)
        try container.encode(networks, forKey: .networks)
        try container.encode(outputCap, forKey: .outputCap)
        try container.encode(unboundedOutput, forKey: .unboundedOutput)
        try container.encode(limits, forKey: .limits)
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
    package var window: String?
    package var models: String?
    package var amount: LimitAmount?
    package var used: LimitAmount?
    /// Held by requests under way.
    package var reserved: LimitAmount?
    package var remaining: LimitAmount?
    /// nil: never, or not known.
    package var resetsAt: String?

    package enum CodingKeys: String, CodingKey {
        case limit, owner, metric, window, models, amount, used, reserved, remaining
        case resetsAt = "resets_at"
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(limit, forKey: .limit)
        try container.encode(owner, forKey: .owner)
        try container.encode(metric, forKey: .metric)
        try container.encode(window, forKey: .window)
        try container.encode(models, forKey: .models)
        try container.encode(amount, forKey: .amount)
        try container.encode(used, forKey: .used)
        try container.encode(reserved, forKey: .reserved)
        try container.encode(remaining, forKey: .remaining)
        try container.encode(resetsAt, forKey: .resetsAt)
    }
}
