/// A table's name and columns, and the statements that are made of them.
struct RecordTable<Column: RecordColumn>: Sendable {
    let name: String
    let columns: [String]
    /// The first columns are the key.
    let keyCount: Int
    /// For a selection, and with the table's name for one of a join.
    let list: String
    let qualifiedList: String

    let selection: String
    let insertion: String
    let upsertion: String
    let keyCondition: String

    /// - Parameter part: columns behind those of the record itself.
    init(_ name: String, keyCount: Int = 1, followedBy part: [String] = []) {
        self.name = name
        self.keyCount = keyCount
        columns = Column.columnNames + part
        list = columns.joined(separator: ", ")
        qualifiedList = columns.map { "\(name).\($0)" }.joined(separator: ", ")
        selection = "SELECT \(list) FROM \(name)"
        insertion = Self.insertion(into: name, columns)
        let keys = columns.prefix(keyCount)
        upsertion = """
            \(insertion) ON CONFLICT (\(keys.joined(separator: ", "))) DO UPDATE SET
            \(columns.dropFirst(keyCount).map { "\($0) = excluded.\($0)" }.joined(separator: ", "))
            """
        keyCondition = keys.map { "\($0) = ?" }.joined(separator: " AND ")
    }

    subscript(column: Column) -> String { columns[Int(column.rawValue)] }

    func update(of columns: [String]) -> String {
        """
        UPDATE \(name) SET \(columns.map { "\($0) = ?" }.joined(separator: ", ")) WHERE \(keyCondition)
        """
    }

    static func insertion(into table: String, _ columns: some Collection<String>) -> String {
        """
        INSERT INTO \(table) (\(columns.joined(separator: ", ")))
        VALUES (\(columns.map { _ in "?" }.joined(separator: ", ")))
        """
    }
}
