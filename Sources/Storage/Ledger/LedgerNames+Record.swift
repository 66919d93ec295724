import Domain
import GRDB

/// A row of `ledger_names`, which has its number from the database. What it shares with fewer others is in
/// ``UsageKey``.
extension LedgerNames {
    enum Column: Int32, RecordColumn {
        case usageKey, lineage, client, modelAsked, modelAnswered, outcome, priceVersion
    }

    static let table = RecordTable<Column>("ledger_names")

    /// Its columns and those of its usage key, as they follow those of a table that names it by `names`.
    static func selection(_ table: String) -> String {
        """
        \(Self.table.qualifiedList), \(UsageKey.table.qualifiedList) FROM \(table)
        JOIN ledger_names ON ledger_names.id = \(table).names
        JOIN usage_keys ON usage_keys.id = ledger_names.usage_key
        """
    }

    /// Of ``selection(_:)``.
    init(from row: RecordRow<Column>) throws {
        let key = try UsageKey(from: row.rest())
        guard let project = ProjectID(key.group.project), let accessToken = AccessTokenID(key.accessToken)
        else { throw StoreError.corrupt }
        self.project = project
        self.accessToken = accessToken
        lineage = try row.parsed(.lineage) { AccessTokenID($0) }
        endpoint = key.group.endpoint
        client = try row.parsed(.client) { ClientClass(rawValue: $0) }
        modelAsked = try row.optional(.modelAsked).map { LedgerText($0) }
        modelAnswered = try row.optional(.modelAnswered).map { LedgerText($0) }
        status = key.group.status
        outcome = try row.value(.outcome)
        accuracy = key.group.accuracy
        priceVersion = try row.value(.priceVersion)
        target = try key.group.target()
    }

    /// - Parameter key: the number of its usage key.
    func number(under key: Int64, in database: Database) throws -> Int64 {
        let values = StatementArguments(Column.allCases.map { value(of: $0, under: key) })
        let conditions = Column.allCases.map { column in
            switch column {
            case .usageKey, .lineage, .client, .outcome, .priceVersion: "\(Self.table[column]) = ?"
            case .modelAsked, .modelAnswered: "\(Self.table[column]) IS NOT DISTINCT FROM ?"
            }
        }
        let number = try Int64.fetchOne(
            database, sql: "SELECT id FROM ledger_names WHERE \(conditions.joined(separator: " AND "))",
            arguments: values)
        if let number { return number }
        try database.execute(sql: Self.table.insertion, arguments: values)
        return database.lastInsertedRowID
    }

    private func value(of column: Column, under key: Int64) -> (any DatabaseValueConvertible)? {
        switch column {
        case .usageKey: key
        case .lineage: lineage.rawValue
        case .client: client.rawValue
        case .modelAsked: modelAsked?.rawValue
        case .modelAnswered: modelAnswered?.rawValue
        case .outcome: outcome
        case .priceVersion: priceVersion
        }
    }
}
