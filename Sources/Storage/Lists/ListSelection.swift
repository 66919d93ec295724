import Domain
import GRDB

/// Rows of one table that meet all conditions, a part at a time. The table has `id`, `name` and `created_at`, which never
/// changes.
struct ListSelection {
    private let table: String
    private var conditions: [String] = []
    private var arguments: StatementArguments = []

    init(of table: String) { self.table = table }

    /// - Parameter condition: SQL, with a `?` for each of the values.
    mutating func require(_ condition: String, _ values: [(any DatabaseValueConvertible)?] = []) {
        conditions.append("(\(condition))")
        arguments += StatementArguments(values)
    }

    mutating func require(_ condition: AccessTokenCondition) {
        conditions.append(condition.sql)
        arguments += condition.arguments
    }

    /// Keeps what has the text in its name, in upper or lower case, or has it as its id.
    mutating func search(_ text: String) {
        var pattern = "%"
        for scalar in text.unicodeScalars {
            if "%_\\".unicodeScalars.contains(scalar) { pattern.append("\\") }
            pattern.unicodeScalars.append(scalar)
        }
        require(
            "lower(name) LIKE lower(?) ESCAPE '\\' OR id = ?", [pattern + "%", text])
    }

    /// One row more than `limit` where there are more.
    func rows<ID>(
        _ order: ListOrder, after place: ListPlace<ID>?, limit: Int, in database: Database
    ) throws -> [Row] {
        var selection = self
        let column = order.key.rawValue
        let comparison = order.isDescending ? "<" : ">"
        let direction = order.isDescending ? "DESC" : "ASC"
        if let place {
            switch order.key {
            case .name:
                selection.require(
                    "(name, id) \(comparison) (?, ?)", [place.name ?? "", place.id.rawValue])
            case .createdAt:
                selection.require(
                    "(created_at, id) \(comparison) (SELECT created_at, id FROM \(table) WHERE id = ?)",
                    [place.id.rawValue])
            }
        }
        let filter = selection.conditions.joined(separator: " AND ")
        return try Row.fetchAll(
            database,
            sql: """
                SELECT * FROM \(table) \(filter.isEmpty ? "" : "WHERE \(filter)")
                ORDER BY \(column) \(direction), id \(direction) LIMIT ?
                """,
            arguments: selection.arguments + [limit + 1])
    }
}
