import Domain

/// `POST /claim/preview`: what an open invitation is for, to whoever has its link. Nothing of its owner,
/// labels or id.
package struct InvitationPreviewResource: Codable, Equatable, Sendable {
    /// The project's name.
    package var project: String
    /// The access token's name.
    package var name: String
    /// The name of the management key that made it; null if it was made otherwise.
    package var invitedBy: String?
    /// Of the invitation: the first moment at which it cannot be claimed.
    package var expiresAt: String
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

    package enum CodingKeys: String, CodingKey {
        case project, name, limits, models, endpoints, networks
        case invitedBy = "invited_by"
        case expiresAt = "expires_at"
        case tokenExpiresIn = "token_expires_in"
        case tokenExpiresAt = "token_expires_at"
        case notBefore = "not_before"
        case idleExpiresIn = "idle_expires_in"
        case outputCap = "output_cap"
        case unboundedOutput = "unbounded_output"
    }

    /// What may be nil is written as `null`.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(project, forKey: .project)
        try container.encode(name, forKey: .name)
        try container.encode(invitedBy, forKey: .invitedBy)
        try container.encode(expiresAt, forKey: .expiresAt)
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
    }
}

extension InvitationPreviewResource {
    init(_ preview: InvitationPreview) {
        let order = preview.invitation.order
        let grants = order.grants
        self.init(
            project: preview.project.name.rawValue, name: order.name.rawValue,
            invitedBy: preview.inviter?.rawValue, expiresAt: preview.invitation.expiresAt.rfc3339,
            limits: order.limits.limits.map(\.description), models: grants.models?.map(\.description),
            endpoints: grants.endpoints?.map(\.rawValue).sorted(),
            networks: grants.networks?.map(\.description), notBefore: grants.notBefore?.rfc3339,
            idleExpiresIn: grants.idleSeconds, outputCap: grants.outputCap?.description,
            unboundedOutput: grants.unboundedOutput?.rawValue)
        switch order.lifetime {
        case .endless: break
        case .seconds(let seconds): tokenExpiresIn = seconds
        case .until(let moment): tokenExpiresAt = moment.rfc3339
        }
    }
}
