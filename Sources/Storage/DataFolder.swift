import Foundation

/// The names and modes of the store's files.
///
///     data/              0700
///     ├ lock             0600  who has the folder open (``InstanceLock``)
///     ├ latchkey.db      0600  the store; it is there whole or not at all
///     ├ latchkey.db-wal, latchkey.db-shm
///     └ creating.db      0600  a store whose creation is under way, or was cut off
struct DataFolder {
    let path: String
    var database: String { path + "/latchkey.db" }
    private var unfinished: String { path + "/creating.db" }

    var hasStore: Bool { access(database, F_OK) == 0 }

    /// Makes the folder where it is missing, and closes it to others where it is not.
    func prepare() throws(StoreError) {
        do {
            try FileManager.default.createDirectory(
                atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw access(path, F_OK) == 0 ? .other(code: -ENOTDIR) : .readOnly
        }
        guard chmod(path, 0o700) == 0 else { throw .other(code: -errno) }
    }

    /// A new empty file for a store to be made in, 0600, so that SQLite's own files beside it are 0600 too.
    func beginCreation() throws(StoreError) -> String {
        for suffix in ["", "-journal", "-wal", "-shm"]
        where unlink(unfinished + suffix) != 0 && errno != ENOENT {
            throw .readOnly
        }
        let file = open(unfinished, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw .other(code: -errno) }
        fchmod(file, 0o600)
        close(file)
        return unfinished
    }

    /// Gives the finished file its name, durably.
    func commitCreation() throws(StoreError) {
        try sync(unfinished, flags: O_RDONLY)
        guard rename(unfinished, database) == 0 else { throw .other(code: -errno) }
        try sync(path, flags: O_RDONLY | O_DIRECTORY)
    }

    private func sync(_ path: String, flags: Int32) throws(StoreError) {
        let file = open(path, flags | O_CLOEXEC)
        guard file >= 0 else { throw .other(code: -errno) }
        defer { close(file) }
        guard fsync(file) == 0 else { throw .other(code: -errno) }
    }
}
