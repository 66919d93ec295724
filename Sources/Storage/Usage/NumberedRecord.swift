import GRDB

/// A record that is all key, and that other rows name by its number: the `id` that the database gives it.
protocol NumberedRecord: Record {}

extension NumberedRecord {
    static func allWithNumbers(in database: Database) throws -> [(number: Int64, record: Self)] {
        let statement = try RawStatement("SELECT \(table.list), id FROM \(table.name)", in: database)
        defer { statement.reset() }
        var records: [(number: Int64, record: Self)] = []
        while try statement.step() {
            records.append(
                (statement.int(Int32(table.columns.count)), try Self(from: RecordRow(statement))))
        }
        return records
    }

    /// Its number, which it is given where it has none yet.
    func number(in database: Database) throws -> Int64 {
        try database.cachedStatement(sql: Self.table.insertion + " ON CONFLICT DO NOTHING").execute(
            arguments: values + rest)
        let number = try Int64.fetchOne(
            database, sql: "SELECT id FROM \(Self.table.name) WHERE \(Self.table.keyCondition)",
            arguments: values + rest)
        guard let number, number < 1 << 32 else { throw StoreError.corrupt }
        return number
    }
}
