package import Domain
import GRDB

/// Which audit events are asked for; nil asks for all.
package struct AuditQuery: Hashable, Sendable {
    /// From this moment on.
    package var from: Timestamp?
    /// Up to this moment, without it.
    package var to: Timestamp?
    /// The whole name, or what stands in front of its dot.
    package var action: String?
    /// As it is written: `console`, `system`, `management_key:…`.
    package var principal: String?
    package var subject: String?
    /// What was done to the project, to its access tokens, and whatever else names it.
    package var project: ProjectID?
    /// Stands somewhere in an event's texts, in whichever case.
    package var search: String?

    package init() {}

    /// The conditions, and what is bound to them.
    var condition: (sql: String, arguments: StatementArguments) {
        var parts: [String] = ["1 = 1"]
        var arguments = StatementArguments()
        func add(_ sql: String, _ values: any DatabaseValueConvertible...) {
            parts.append(sql)
            arguments += StatementArguments(values)
        }
        if let from { add("at >= ?", from.milliseconds) }
        if let to { add("at < ?", to.milliseconds) }
        if let action {
            add("(action = ? OR substr(action, 1, ?) = ?)", action, action.count + 1, action + ".")
        }
        if let principal { add("principal = ?", principal) }
        if let subject { add("subject = ?", subject) }
        if let project {
            add(
                """
                (subject = ? OR subject IN (SELECT id FROM access_tokens WHERE project = ?)
                    OR details LIKE ? ESCAPE '\\')
                """, project.rawValue, project.rawValue, Self.pattern(project.rawValue))
        }
        if let search {
            let pattern = Self.pattern(search.lowercased())
            add(
                """
                (lower(action) LIKE ? ESCAPE '\\' OR lower(principal) LIKE ? ESCAPE '\\'
                    OR lower(subject) LIKE ? ESCAPE '\\' OR lower(details) LIKE ? ESCAPE '\\'
                    OR lower(coalesce(address, '')) LIKE ? ESCAPE '\\')
                """, pattern, pattern, pattern, pattern, pattern)
        }
        return (parts.joined(separator: " AND "), arguments)
    }

    /// Matches what has the text in it, whatever characters that is of.
    private static func pattern(_ text: String) -> String {
        let escaped = text.map { "%_\\".contains($0) ? "\\\($0)" : String($0) }.joined()
        return "%\(escaped)%"
    }
}
