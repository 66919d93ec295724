/// `POST /manage/tokens/revoke-leaked`: which credentials of ours the text held, in its order, each once.
/// Never holds anything else of the text.
package struct LeakReportResource: Codable, Equatable, Sendable {
    package var dryRun: Bool
    package var tokens: [LeakedTokenResource]
    package var managementKeys: [LeakedKeyResource]
    package var invitations: [LeakedInvitationResource]
    /// How many well-formed credentials are not ours, or not within the operator's reach.
    package var unknown: Int

    package enum CodingKeys: String, CodingKey {
        case tokens, invitations, unknown
        case dryRun = "dry_run"
        case managementKeys = "management_keys"
    }
}

/// An access token that was found in a text.
package struct LeakedTokenResource: Codable, Equatable, Sendable {
    package var id: String
    /// The project's id.
    package var project: String
    package var projectName: String
    package var name: String
    @Nullable package var owner: String? = nil
    /// Before it was found.
    package var status: String
    package var outcome: LeakOutcome
    @Nullable package var lastUsedAt: String? = nil
    package var usage: LeakUsageResource

    package enum CodingKeys: String, CodingKey {
        case id, project, name, owner, status, outcome, usage
        case projectName = "project_name"
        case lastUsedAt = "last_used_at"
    }
}

/// What was used since some moment: `{"since": …, "requests": …, …}`.
package struct LeakUsageResource: Codable, Equatable, Sendable {
    package var since: String
    package var amounts: UsageAmounts

    private enum CodingKeys: String, CodingKey { case since }

    package init(since: String, amounts: UsageAmounts) {
        self.since = since
        self.amounts = amounts
    }

    package init(from decoder: any Decoder) throws {
        since = try decoder.container(keyedBy: CodingKeys.self).decode(String.self, forKey: .since)
        amounts = try UsageAmounts(from: decoder)
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(since, forKey: .since)
        try amounts.encode(to: encoder)
    }
}

/// A management key that was found in a text.
package struct LeakedKeyResource: Codable, Equatable, Sendable {
    package var id: String
    package var name: String
    package var role: String
    package var outcome: LeakOutcome
}
