import Domain

/// `POST /claim/preview`: what an open invitation is for, to whoever has its link. Nothing of its owner,
/// labels or id.
package struct InvitationPreviewResource: Codable, Equatable, Sendable {
    /// The project's name.
    package var project: String
    /// The access token's name.
    package var name: String
    /// The name of the management key that made it; null if it was made otherwise.
    @Nullable package var invitedBy: String? = nil
    /// Of the invitation: the first moment at which it cannot be claimed.
    package var expiresAt: String
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
