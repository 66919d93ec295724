import GRDB

/// A value that is a part of a table's row. Its columns are written once, as the cases of ``Column``.
protocol RecordPart {
    associatedtype Column: RecordColumn

    /// Throws `corrupt` for what no version wrote.
    init(from row: RecordRow<Column>) throws

    /// As the database keeps it; nil is NULL.
    func value(of column: Column) -> (any DatabaseValueConvertible)?
}

/// A value that is a row of a table. Statements are made of its columns, so that none names them again.
protocol Record: RecordPart {
    static var table: RecordTable<Column> { get }
    /// Of the columns that follow its own.
    var rest: StatementArguments { get }
}

extension RecordPart {
    /// All of its own columns' values, in their order.
    var values: StatementArguments { values(of: Array(Column.allCases)) }

    func values(of columns: [Column]) -> StatementArguments {
        StatementArguments(columns.map { value(of: $0) })
    }
}

extension Record {
    var rest: StatementArguments { [] }

    // MARK: - Reading

    /// - Parameter clauses: what follows the table's name: `WHERE`, `ORDER BY`, `LIMIT`.
    static func all(
        _ clauses: String = "", _ arguments: StatementArguments = [], in database: Database
    ) throws -> [Self] {
        let statement = try RawStatement(table.selection + " " + clauses, arguments, in: database)
        defer { statement.reset() }
        var records: [Self] = []
        while try statement.step() { records.append(try Self(from: RecordRow(statement))) }
        return records
    }

    static func first(
        _ clauses: String, _ arguments: StatementArguments = [], in database: Database
    ) throws -> Self? {
        let statement = try RawStatement(table.selection + " " + clauses, arguments, in: database)
        defer { statement.reset() }
        return try statement.step() ? try Self(from: RecordRow(statement)) : nil
    }

    static func find(_ key: StatementArguments, in database: Database) throws -> Self? {
        try first("WHERE \(table.keyCondition)", key, in: database)
    }

    // MARK: - Writing

    func insert(in database: Database) throws {
        try database.cachedStatement(sql: Self.table.insertion).execute(arguments: values + rest)
    }

    /// Inserts it, or replaces all but the key where there is a row with the same one.
    func upsert(in database: Database) throws {
        try database.cachedStatement(sql: Self.table.upsertion).execute(arguments: values + rest)
    }

    /// Writes these columns of the row that is there.
    func update(_ columns: Column..., in database: Database) throws {
        let names = columns.map { Self.table[$0] }
        try database.cachedStatement(sql: Self.table.update(of: names)).execute(
            arguments: values(of: columns) + key)
    }

    /// Writes all columns of the row that is there.
    func updateAll(in database: Database) throws {
        try database.cachedStatement(sql: Self.table.update(of: Self.table.columns)).execute(
            arguments: values + rest + key)
    }

    func delete(in database: Database) throws {
        try database.cachedStatement(
            sql: "DELETE FROM \(Self.table.name) WHERE \(Self.table.keyCondition)"
        ).execute(arguments: key)
    }

    private var key: StatementArguments { values(of: Array(Column.allCases.prefix(Self.table.keyCount))) }
}
