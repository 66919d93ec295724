import Domain
import GRDB
import GRDBSQLite

/// A prepared statement without GRDB's boxes around each value: for the records, of which a start reads many,
/// and for the ledger, which binds and reads millions.
///
/// It is the writer's or reader's own, used between two of its calls and never kept. What it binds is copied
/// to memory of its own until ``run()``, so that SQLite need not allocate each text.
final class RawStatement {
    /// Nil would be "static": the bytes stay as they are. This is "copy them".
    private static let copied = unsafeBitCast(-1, to: sqlite3_destructor_type.self)
    /// More than all texts of a row.
    private static let capacity = 4096

    private let statement: Statement
    private let pointer: OpaquePointer
    private let connection: OpaquePointer?
    private let memory = UnsafeMutableRawPointer.allocate(byteCount: capacity, alignment: 1)
    private var used = 0

    init(_ sql: String, in database: Database) throws {
        statement = try database.cachedStatement(sql: sql)
        pointer = statement.sqliteStatement
        connection = database.sqliteConnection
        sqlite3_reset(pointer)
    }

    convenience init(_ sql: String, _ arguments: StatementArguments, in database: Database) throws {
        try self.init(sql, in: database)
        try statement.setArguments(arguments)
    }

    deinit {
        sqlite3_reset(pointer)
        sqlite3_clear_bindings(pointer)
        memory.deallocate()
    }

    /// Places count from 1.
    func bind(_ value: Int64, at place: Int32) { sqlite3_bind_int64(pointer, place, value) }

    func bind(_ text: String, at place: Int32) {
        var text = text
        text.withUTF8 { bytes in
            let kept = keep(UnsafeRawBufferPointer(bytes))
            let start = (kept ?? bytes.baseAddress.map { UnsafeRawPointer($0) })?
                .assumingMemoryBound(to: CChar.self)
            _ = sqlite3_bind_text(
                pointer, place, start, Int32(bytes.count), kept == nil ? Self.copied : nil)
        }
    }

    func bind(_ text: String?, at place: Int32) {
        guard let text else {
            sqlite3_bind_null(pointer, place)
            return
        }
        bind(text, at: place)
    }

    /// NULL where there are none.
    func bind(_ accounts: AccountPeriods, at place: Int32) {
        guard !accounts.isEmpty else {
            sqlite3_bind_null(pointer, place)
            return
        }
        withUnsafeTemporaryAllocation(byteCount: accounts.byteCount, alignment: 8) { bytes in
            accounts.write(to: bytes)
            let kept = keep(UnsafeRawBufferPointer(bytes))
            _ = sqlite3_bind_blob(
                pointer, place, kept ?? UnsafeRawPointer(bytes.baseAddress), Int32(bytes.count),
                kept == nil ? Self.copied : nil)
        }
    }

    /// Where they are until the statement has run; nil where there is no room.
    private func keep(_ bytes: UnsafeRawBufferPointer) -> UnsafeRawPointer? {
        guard used + bytes.count <= Self.capacity else { return nil }
        let place = memory + used
        if let start = bytes.baseAddress { place.copyMemory(from: start, byteCount: bytes.count) }
        used += bytes.count
        return UnsafeRawPointer(place)
    }

    /// True where there is a row to read.
    func step() throws -> Bool {
        switch sqlite3_step(pointer) {
        case SQLITE_ROW: return true
        case SQLITE_DONE: return false
        default:
            let code = sqlite3_extended_errcode(connection)
            sqlite3_reset(pointer)
            throw DatabaseError(resultCode: ResultCode(rawValue: code))
        }
    }

    /// For a statement that gives no rows. All of it is to be bound again.
    func run() throws {
        _ = try step()
        sqlite3_reset(pointer)
        used = 0
    }

    func reset() { sqlite3_reset(pointer) }

    /// How many rows the statement that ran last has changed.
    var changes: Int { Int(sqlite3_changes(connection)) }

    /// Columns count from 0.
    func int(_ column: Int32) -> Int64 { sqlite3_column_int64(pointer, column) }

    func text(_ column: Int32) -> String {
        guard let start = sqlite3_column_text(pointer, column) else { return "" }
        return String(
            decoding: UnsafeBufferPointer(start: start, count: Int(sqlite3_column_bytes(pointer, column))),
            as: UTF8.self)
    }

    func bytes(_ column: Int32) -> [UInt8] {
        guard let start = sqlite3_column_blob(pointer, column) else { return [] }
        return Array(
            UnsafeRawBufferPointer(start: start, count: Int(sqlite3_column_bytes(pointer, column))))
    }

    func isNull(_ column: Int32) -> Bool { sqlite3_column_type(pointer, column) == SQLITE_NULL }
}

/// What a column has to hold: anything else is `corrupt`.
extension RawStatement {
    func integer(_ column: Int32) throws -> Int64 {
        guard sqlite3_column_type(pointer, column) == SQLITE_INTEGER else { throw StoreError.corrupt }
        return int(column)
    }

    /// Of a number of floating point the nearest.
    func saturatedInteger(_ column: Int32) throws -> Int64 {
        guard sqlite3_column_type(pointer, column) == SQLITE_FLOAT else { return try integer(column) }
        let number = sqlite3_column_double(pointer, column)
        return Int64(exactly: number.rounded()) ?? (number < 0 ? .min : .max)
    }

    func string(_ column: Int32) throws -> String {
        guard sqlite3_column_type(pointer, column) == SQLITE_TEXT else { throw StoreError.corrupt }
        return text(column)
    }
}

/// Places by name: those of a statement that begins with a record's columns.
extension RawStatement {
    func bind(_ value: Int64, at column: some RecordColumn) { bind(value, at: column.rawValue + 1) }

    func bind(_ text: String?, at column: some RecordColumn) { bind(text, at: column.rawValue + 1) }

    func bind(_ accounts: AccountPeriods, at column: some RecordColumn) {
        bind(accounts, at: column.rawValue + 1)
    }
}
