import Domain
import GRDB
import GRDBSQLite

/// A prepared statement without GRDB's boxes around each value: for the ledger, which binds and reads millions.
///
/// It is the writer's or reader's own, used between two of its calls and never kept.
struct RawStatement {
    /// Nil would be "static": the bytes stay as they are. This is "copy them".
    private static let copied = unsafeBitCast(-1, to: sqlite3_destructor_type.self)

    private let statement: Statement
    private let connection: OpaquePointer?
    private var pointer: OpaquePointer { statement.sqliteStatement }

    init(_ sql: String, in database: Database) throws {
        statement = try database.cachedStatement(sql: sql)
        connection = database.sqliteConnection
        sqlite3_reset(statement.sqliteStatement)
    }

    /// Places count from 1.
    func bind(_ value: Int64, at place: Int32) { sqlite3_bind_int64(pointer, place, value) }

    func bind(_ text: String, at place: Int32) {
        var text = text
        text.withUTF8 { bytes in
            // An empty string may have no address, which would bind NULL.
            guard let first = bytes.baseAddress else {
                _ = sqlite3_bind_text(pointer, place, "", 0, nil)
                return
            }
            first.withMemoryRebound(to: CChar.self, capacity: bytes.count) {
                _ = sqlite3_bind_text(pointer, place, $0, Int32(bytes.count), Self.copied)
            }
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
    func bind(_ bytes: [UInt8], at place: Int32) {
        guard !bytes.isEmpty else {
            sqlite3_bind_null(pointer, place)
            return
        }
        bytes.withUnsafeBytes {
            _ = sqlite3_bind_blob(pointer, place, $0.baseAddress, Int32($0.count), Self.copied)
        }
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

    /// For a statement that gives no rows. It can be bound again.
    func run() throws {
        _ = try step()
        sqlite3_reset(pointer)
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
}
