import Domain
import GRDB

/// Rows of one table that meet all conditions, a part at a time. The table's key is `id`, and it has what it
/// is sorted by.
struct ListSelection<Item: Record & Sendable> {
    private var conditions: [String] = []
    private var arguments: StatementArguments = []

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

    /// At most `limit` rows.
    func page(
        _ order: ListOrder, after place: ListPlace?, limit: Int, in database: Database
    ) throws -> Page<Item> {
        var selection = self
        let table = Item.table
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
                "(\(column), id) \(comparison) (SELECT \(column), id FROM \(table.name) WHERE id = ?)",
                [place.id])
        }
        let filter = selection.conditions.joined(separator: " AND ")
        let rows = try RawStatement(
            """
            SELECT \(column), \(table.list) FROM \(table.name) \(filter.isEmpty ? "" : "WHERE \(filter)")
            ORDER BY \(column) \(direction), id \(direction) LIMIT ?
            """, selection.arguments + [limit + 1], in: database)
        defer { rows.reset() }
        var (items, last) = ([Item](), nil as ListPlace?)
        while try rows.step() {
            if items.count < limit {
                last = ListPlace(id: rows.text(1), value: try Self.value(of: order.key, in: rows))
            }
            items.append(try Item(from: RecordRow(rows, from: 1)))
        }
        return Page(items, limit: limit, place: last)
    }

    private static func value(of key: ListOrder.Key, in row: RawStatement) throws -> ListPlace.Value? {
        switch key {
        case .createdAt, .at: nil
        case .name: .text(try row.string(0))
        case .expiresAt, .lastUsedAt: .number(try row.integer(0))
        }
    }
}
