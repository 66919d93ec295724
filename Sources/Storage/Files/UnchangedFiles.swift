import Foundation
import GRDB
import GRDBSQLite

/// How SQLite opens the database of a folder without a change to any file there.
///
/// For a database with a write-ahead log, SQLite makes an index of that log, and removes a log that it has
/// folded in. It does neither if it takes the database for one that never changes (and then ignores the log),
/// if it may only read the index, or if its connection is alone, needs no index, and keeps the log:
///
///     latchkey.db-wal     latchkey.db-shm
///     missing or empty    any             immutable
///     holds something     is there        readOnlyIndex
///     holds something     missing         noIndex
enum UnchangedFiles {
    case immutable(path: String)
    case readOnlyIndex(path: String)
    case noIndex(path: String)

    init(_ files: DataFolder) throws(StoreError) {
        let path = files.database
        if try files.size(of: .log) ?? 0 == 0 {
            self = .immutable(path: path)
        } else if try files.size(of: .logIndex) != nil {
            self = .readOnlyIndex(path: path)
        } else {
            self = .noIndex(path: path)
        }
    }

    /// Of SQLite (`https://www.sqlite.org/uri.html`).
    var uri: String {
        let (path, options) =
            switch self {
            case .immutable(let path): (path, "immutable=1")
            case .readOnlyIndex(let path): (path, "readonly_shm=1")
            case .noIndex(let path): (path, "vfs=unix-none")
            }
        let escaped = path.addingPercentEncoding(withAllowedCharacters: .urlPathAllowed) ?? path
        // The empty authority: what follows two slashes at the beginning would be one.
        let authority = escaped.hasPrefix("/") ? "//" : ""
        return "file:\(authority)\(escaped)?mode=ro&\(options)"
    }

    var configuration: Configuration {
        ReadFaults.install()
        var configuration = Configuration()
        configuration.readonly = true
        configuration.label = "look"
        guard case .noIndex = self else { return configuration }
        configuration.prepareDatabase { database in
            try database.execute(sql: "PRAGMA locking_mode = EXCLUSIVE")
            var isKept: Int32 = 1
            sqlite3_file_control(database.sqliteConnection, "main", SQLITE_FCNTL_PERSIST_WAL, &isKept)
        }
        return configuration
    }
}
