import Domain
import GRDB

/// Rows of one table that meet all conditions, a part at a time. The table has `id` and what it is sorted by.
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

    /// At most `limit` rows, each read by `item`.
    func page<Item>(
        _ order: ListOrder, after place: ListPlace?, limit: Int, in database: Database,
        _ item: (Row) throws -> Item
    ) throws -> Page<Item> {
        var selection = self
        let column = order.key.expression
        let comparison = order.isDescending ? "<" : ">"
        let direction = order.isDescending ? "DESC" : "ASC"
        switch place?.value {
        case .text(let text)?: selection.require("(\(column), id) \(comparison) (?, ?)", [text, place?.id])
        case .number(let number)?:
            selection.require("(\(column), id) \(comparison) (?, ?)", [number, place?.id])
        case nil:
            guard let place else { break }
            selection.require(
                "(\(column), id) \(comparison) (SELECT \(column), id FROM \(table) WHERE id = ?)", [place.id])
        }
        let filter = selection.conditions.joined(separator: " AND ")
        let rows = try Row.fetchAll(
            database,
            sql: """
                SELECT *, \(column) AS list_value FROM \(table) \(filter.isEmpty ? "" : "WHERE \(filter)")
                ORDER BY \(column) \(direction), id \(direction) LIMIT ?
                """,
            arguments: selection.arguments + [limit + 1])
        let last = try rows.prefix(limit).last.map { row in
            ListPlace(id: try row.value("id"), value: try Self.value(of: order.key, in: row))
        }
        return Page(try rows.map(item), limit: limit, place: last)
    }

    private static func value(of key: ListOrder.Key, in row: Row) throws -> ListPlace.Value? {
        switch key {
        case .createdAt, .at: nil
        case .name: .text(try row.value("list_value"))
        case .expiresAt, .lastUsedAt: .number(try row.value("list_value"))
        }
    }
}
