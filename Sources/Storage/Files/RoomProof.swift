import Foundation
import GRDB

/// A table that is written and dropped again to see whether there is room: what a rolled-back transaction
/// wrote never came to the disk, so it is committed in between. A process that ends there leaves it behind,
/// and the next one to open the store drops it.
enum RoomProof {
    /// More than a change needs, in bytes.
    private static let size = 64 * 1024

    /// Throws what SQLite does where there is no room.
    static func take(in database: Database) throws {
        try database.inTransaction(.immediate) {
            try drop(in: database)
            try database.execute(sql: "CREATE TABLE room_proof (filler BYTEA NOT NULL)")
            try database.execute(
                sql: "INSERT INTO room_proof (filler) VALUES (?)", arguments: [Data(count: size)])
            return .commit
        }
        try drop(in: database)
    }

    /// Writes nothing where none was left behind.
    static func drop(in database: Database) throws {
        try database.execute(sql: "DROP TABLE IF EXISTS room_proof")
    }
}
