import Domain

/// The row that a statement stands at, from the column on where a record's own begin. What no version could
/// have written there is `corrupt`, never a crash.
struct RecordRow<Column: RecordColumn> {
    private let statement: RawStatement
    private let start: Int32

    /// - Parameter start: the place of the first of ``Column`` in the statement, counted from 0.
    init(_ statement: RawStatement, from start: Int32 = 0) {
        self.statement = statement
        self.start = start
    }

    /// The row of the columns that follow these.
    func rest<Next: RecordColumn>() -> RecordRow<Next> {
        RecordRow<Next>(statement, from: start + Int32(Column.allCases.count))
    }

    private func place(_ column: Column) -> Int32 { start + column.rawValue }

    func isNull(_ column: Column) -> Bool { statement.isNull(place(column)) }

    // MARK: - Numbers

    func value<Number: FixedWidthInteger>(_ column: Column) throws -> Number {
        guard let value = Number(exactly: try statement.integer(place(column))) else {
            throw StoreError.corrupt
        }
        return value
    }

    /// nil where the column holds NULL.
    func optional<Number: FixedWidthInteger>(_ column: Column) throws -> Number? {
        isNull(column) ? nil : try value(column)
    }

    func flag(_ column: Column) throws -> Bool { try statement.integer(place(column)) != 0 }

    func moment(_ column: Column) throws -> Timestamp { Timestamp(milliseconds: try value(column)) }

    func optionalMoment(_ column: Column) throws -> Timestamp? { isNull(column) ? nil : try moment(column) }

    /// A sum that got too large for its column is kept as one of floating point: it saturates.
    func saturated(_ column: Column) throws -> Int64 { try statement.saturatedInteger(place(column)) }

    // MARK: - Texts

    func value(_ column: Column) throws -> String { try statement.string(place(column)) }

    /// nil where the column holds NULL.
    func optional(_ column: Column) throws -> String? { isNull(column) ? nil : try value(column) }

    func parsed<Value>(_ column: Column, by parse: (String) -> Value?) throws -> Value {
        guard let value = parse(try value(column)) else { throw StoreError.corrupt }
        return value
    }

    /// nil where the column holds NULL.
    func optionalParsed<Value>(_ column: Column, by parse: (String) -> Value?) throws -> Value? {
        isNull(column) ? nil : try parsed(column, by: parse)
    }

    /// What a JSON array of texts holds; nil where the column holds NULL.
    func list<Value>(_ column: Column, by parse: (String) -> Value?) throws -> [Value]? {
        try optionalParsed(column) { text in
            guard let elements = (try? JSONValue(parsing: Array(text.utf8)))?.elements else { return nil }
            let values = elements.compactMap { $0.string.flatMap(parse) }
            return values.count == elements.count ? values : nil
        }
    }

    // MARK: - Bytes

    func bytes(_ column: Column) -> [UInt8] { statement.bytes(place(column)) }

    func hash(_ column: Column) throws -> CredentialHash {
        guard let hash = CredentialHash(bytes: bytes(column)) else { throw StoreError.corrupt }
        return hash
    }

    /// None where the column holds NULL.
    func accounts(_ column: Column) throws -> AccountPeriods {
        guard let accounts = AccountPeriods(bytes: bytes(column)) else { throw StoreError.corrupt }
        return accounts
    }
}
