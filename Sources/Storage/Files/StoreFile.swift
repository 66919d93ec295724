/// A file of the data folder, by its name in there.
package enum StoreFile: String, Sendable, CaseIterable {
    /// The folder itself.
    case folder = "."
    case lock = "lock"
    case database = "latchkey.db"
    case log = "latchkey.db-wal"
    case logIndex = "latchkey.db-shm"
    /// SQLite's own, of a database that has no log.
    case rollback = "latchkey.db-journal"
    /// The requests in flight. It belongs to one store: a restored one begins with another.
    case journal = "journal"
    case creating = "creating.db"
    case restoring = "restoring.db"
    case backups = "backups"
    /// The one that is being put back, which may lie anywhere.
    case backup = "backup"

    package var isFolder: Bool { self == .folder || self == .backups }

    package func path(in folder: String) -> String { self == .folder ? folder : folder + "/" + rawValue }
}
