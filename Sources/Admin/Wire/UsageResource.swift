/// `GET /manage/usage`: one page of a report, and the sum of all pages.
package struct UsageResource: Codable, Equatable, Sendable {
    /// `[from, to)`, by the moment of admission.
    package var from: String
    package var to: String
    package var timeZone: String
    package var rows: [UsageRowResource]
    package var total: UsageAmounts
    @Nullable package var nextCursor: String? = nil

    package enum CodingKeys: String, CodingKey {
        case from, to, rows, total
        case timeZone = "time_zone"
        case nextCursor = "next_cursor"
    }
}

/// What was used of one group. Keys that were not asked for are left out.
package struct UsageRowResource: Codable, Equatable, Sendable {
    /// `2026-11`, in the report's time zone as all that follow.
    package var month: String?
    /// Of ISO 8601: `2026-W47`.
    package var week: String?
    /// `2026-11-21`.
    package var day: String?
    /// Its beginning, RFC 3339.
    package var hour: String?
    /// The one that was asked for, else the one that answered; empty where there was neither.
    package var model: String?
    package var token: String?
    package var tokenName: String?
    package var project: String?
    package var projectName: String?
    package var endpoint: String?
    /// The upstream's; 0 where there was none.
    package var status: Int?
    /// Which of a request's attempts, from 1 up.
    package var attempt: Int?
    /// The host that the attempt went to.
    package var upstream: String?
    /// The id of the upstream credential that was sent; empty where none was.
    package var credential: String?
    /// The first of the access token's rotations.
    package var lineage: String?
    /// Of the access token as it is now; empty where it has none.
    package var owner: String?
    /// Those that were asked for, in the same way.
    package var labels: [String: String]?
    package var amounts: UsageAmounts

    package enum CodingKeys: String, CodingKey {
        case month, week, day, hour, model, token, project, endpoint, status, attempt, upstream, credential
        case lineage, owner, labels
        case tokenName = "token_name"
        case projectName = "project_name"
    }

    package init(amounts: UsageAmounts) { self.amounts = amounts }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        month = try container.decodeIfPresent(String.self, forKey: .month)
        week = try container.decodeIfPresent(String.self, forKey: .week)
        day = try container.decodeIfPresent(String.self, forKey: .day)
        hour = try container.decodeIfPresent(String.self, forKey: .hour)
        model = try container.decodeIfPresent(String.self, forKey: .model)
        token = try container.decodeIfPresent(String.self, forKey: .token)
        tokenName = try container.decodeIfPresent(String.self, forKey: .tokenName)
        project = try container.decodeIfPresent(String.self, forKey: .project)
        projectName = try container.decodeIfPresent(String.self, forKey: .projectName)
        endpoint = try container.decodeIfPresent(String.self, forKey: .endpoint)
        status = try container.decodeIfPresent(Int.self, forKey: .status)
        attempt = try container.decodeIfPresent(Int.self, forKey: .attempt)
        upstream = try container.decodeIfPresent(String.self, forKey: .upstream)
        credential = try container.decodeIfPresent(String.self, forKey: .credential)
        lineage = try container.decodeIfPresent(String.self, forKey: .lineage)
        owner = try container.decodeIfPresent(String.self, forKey: .owner)
        labels = try container.decodeIfPresent([String: String].self, forKey: .labels)
        amounts = try UsageAmounts(from: decoder)
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encodeIfPresent(month, forKey: .month)
        try container.encodeIfPresent(week, forKey: .week)
        try container.encodeIfPresent(day, forKey: .day)
        try container.encodeIfPresent(hour, forKey: .hour)
        try container.encodeIfPresent(model, forKey: .model)
        try container.encodeIfPresent(token, forKey: .token)
        try container.encodeIfPresent(tokenName, forKey: .tokenName)
        try container.encodeIfPresent(project, forKey: .project)
        try container.encodeIfPresent(projectName, forKey: .projectName)
        try container.encodeIfPresent(endpoint, forKey: .endpoint)
        try container.encodeIfPresent(status, forKey: .status)
        try container.encodeIfPresent(attempt, forKey: .attempt)
        try container.encodeIfPresent(upstream, forKey: .upstream)
        try container.encodeIfPresent(credential, forKey: .credential)
        try container.encodeIfPresent(lineage, forKey: .lineage)
        try container.encodeIfPresent(owner, forKey: .owner)
        try container.encodeIfPresent(labels, forKey: .labels)
        try amounts.encode(to: encoder)
    }
}

/// Sums of usage, as they stand in rows and totals.
package struct UsageAmounts: Codable, Equatable, Sendable {
    package var requests: Int64
    package var promptTokens: Int64
    package var completionTokens: Int64
    /// Of the prompt.
    package var cachedTokens: Int64
    /// Of the completion.
    package var reasoningTokens: Int64
    /// Of both.
    package var audioTokens: Int64
    /// A decimal string.
    package var costUSD: String
    /// Of the requests, those whose usage the upstream did not tell.
    package var estimatedRequests: Int64
    /// Of the requests, those that used something for which no price was known.
    package var unpricedRequests: Int64 = 0

    package enum CodingKeys: String, CodingKey, CaseIterable {
        case requests
        case promptTokens = "prompt_tokens"
        case completionTokens = "completion_tokens"
        case cachedTokens = "cached_tokens"
        case reasoningTokens = "reasoning_tokens"
        case audioTokens = "audio_tokens"
        case costUSD = "cost_usd"
        case estimatedRequests = "estimated_requests"
        case unpricedRequests = "unpriced_requests"
    }
}

extension UsageAmounts {
    /// What the cells of a table are called, and what stands in them.
    package static let titles = CodingKeys.allCases.map(\.rawValue)

    package var cells: [String] {
        [
            String(requests), String(promptTokens), String(completionTokens), String(cachedTokens),
            String(reasoningTokens), String(audioTokens), costUSD, String(estimatedRequests),
            String(unpricedRequests),
        ]
    }
}

extension UsageRowResource {
    /// What the group keys of a report are called in a table: those of `groups`, and names beside ids.
    package static func titles(of groups: [String]) -> [String] {
        groups.flatMap { group in
            switch group {
            case "token": ["token", "token_name"]
            case "project": ["project", "project_name"]
            default: [group]
            }
        }
    }

    package func cells(of groups: [String]) -> [String] {
        groups.flatMap { group in
            switch group {
            case "month": [month ?? ""]
            case "week": [week ?? ""]
            case "day": [day ?? ""]
            case "hour": [hour ?? ""]
            case "model": [model ?? ""]
            case "token": [token ?? "", tokenName ?? ""]
            case "project": [project ?? "", projectName ?? ""]
            case "endpoint": [endpoint ?? ""]
            case "status": [status.map { String($0) } ?? ""]
            case "attempt": [attempt.map { String($0) } ?? ""]
            case "upstream": [upstream ?? ""]
            case "credential": [credential ?? ""]
            case "lineage": [lineage ?? ""]
            case "owner": [owner ?? ""]
            default: [group.hasPrefix("label:") ? labels?[String(group.dropFirst(6))] ?? "" : ""]
            }
        }
    }
}
