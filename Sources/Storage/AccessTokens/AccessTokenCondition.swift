import Domain
import GRDB

/// A filter of access tokens as SQL: conditions on the columns of `access_tokens`, and what is bound to them.
struct AccessTokenCondition {
    private var conditions: [String] = []
    private(set) var arguments: StatementArguments = []

    /// All of them hold; true where there is none.
    var sql: String { conditions.isEmpty ? "1 = 1" : conditions.joined(separator: " AND ") }

    /// `now` tells which access tokens are expired.
    init(_ filter: AccessTokenFilter, at now: Timestamp) {
        if let project = filter.project { add("project = ?", [project.rawValue]) }
        if let owner = filter.owner { add("owner = ?", [owner.rawValue]) }
        if let label = filter.label {
            add(
                "id IN (SELECT access_token FROM access_token_labels WHERE name = ? AND value = ?)",
                [label.name, label.value])
        }
        if let name = filter.name {
            add("lower(name) LIKE lower(?) ESCAPE '\\'", [Self.likePattern(glob: name.rawValue)])
        }
        if let text = filter.text?.rawValue {
            let pattern = "%" + Self.escaped(text) + "%"
            add(
                """
                (id = ? OR lower(name) LIKE lower(?) ESCAPE '\\'
                    OR lower(coalesce(owner, '')) LIKE lower(?) ESCAPE '\\')
                """,
                [text, pattern, pattern])
        }
        if let moment = filter.unusedSince {
            add("coalesce(last_used_at, created_at) < ?", [moment.milliseconds])
        }
        if let isHoney = filter.isHoney { add("honey = ?", [isHoney ? 1 : 0]) }
        if let status = filter.status { add(status, at: now) }
    }

    mutating func add(_ condition: String, _ arguments: StatementArguments) {
        conditions.append(condition)
        self.arguments += arguments
    }

    /// As `AccessToken.status(at:)` tells it.
    private mutating func add(_ status: AccessToken.Status, at now: Timestamp) {
        guard status != .revoked else { return add("revoked_at IS NOT NULL", []) }
        add("revoked_at IS NULL", [])
        // Past every moment: what has no end.
        let isExpired = """
            (expired_at IS NOT NULL OR coalesce(expires_at, 9223372036854775807) <= ?
                OR coalesce(coalesce(last_used_at, created_at) + idle_seconds * 1000, 9223372036854775807) \
            <= ?)
            """
        let moments: StatementArguments = [now.milliseconds, now.milliseconds]
        guard status != .expired else { return add(isExpired, moments) }
        add("NOT " + isExpired, moments)
        add(status == .suspended ? "suspended_at IS NOT NULL" : "suspended_at IS NULL", [])
    }

    private static func likePattern(glob: String) -> String {
        escaped(glob).map { $0 == "*" ? "%" : $0 == "?" ? "_" : String($0) }.joined()
    }

    /// What `LIKE` takes for itself.
    private static func escaped(_ text: String) -> String {
        text.map { "\\%_".contains($0) ? "\\\($0)" : String($0) }.joined()
    }
}
