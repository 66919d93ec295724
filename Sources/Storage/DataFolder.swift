import Domain
import Foundation

/// The names and modes of the store's files.
///
///     data/              0700
///     ├ lock             0600  who has the folder open (``InstanceLock``)
///     ├ latchkey.db      0600  the store; it is there whole or not at all
///     ├ latchkey.db-wal, latchkey.db-shm
///     ├ backups/         0700  copies of the store (``BackupFolder``)
///     ├ restoring.db     0600  a copy that is about to become the store, or was left by an attempt that was cut off
///     └ creating.db      0600  a store whose creation is under way, or was cut off
struct DataFolder {
    let path: String
    var database: String { path + "/latchkey.db" }
    var restoring: String { path + "/restoring.db" }
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

    /// A copy of the backup, on the disk. Throws `notFound` where there is none.
    func copyRestoring(from backup: String) throws(StoreError) {
        dropRestoring()
        let source = open(backup, O_RDONLY | O_CLOEXEC)
        guard source >= 0 else { throw errno == ENOENT ? .notFound : BackupFolder.error(errno) }
        defer { close(source) }
        let target = open(restoring, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard target >= 0 else { throw BackupFolder.error(errno) }
        defer { close(target) }
        var buffer = [UInt8](repeating: 0, count: 1 << 20)
        while true {
            let count = read(source, &buffer, buffer.count)
            guard count >= 0 else { throw BackupFolder.error(errno) }
            guard count > 0 else { break }
            var written = 0
            while written < count {
                let more = buffer.withUnsafeBytes { bytes in
                    write(
                        target, UnsafeRawBufferPointer(rebasing: bytes[written..<count]).baseAddress,
                        count - written)
                }
                guard more > 0 else { throw BackupFolder.error(errno) }
                written += more
            }
        }
        guard fsync(target) == 0 else { throw BackupFolder.error(errno) }
    }

    func dropRestoring() {
        for suffix in ["", "-journal", "-wal", "-shm"] { unlink(restoring + suffix) }
    }

    /// Puts the old store, its log and `others` aside, under names that tell when, and gives the new one its place.
    /// Returns the names of what was put aside.
    func commitRestoring(at now: Timestamp, others: [String]) throws(StoreError) -> [String] {
        try sync(restoring, flags: O_RDONLY)
        let mark = ".replaced-" + now.rfc3339.replacing(":", with: "-")
        var aside: [String] = []
        // SQLite looks for the log by the database's name: behind the mark, so that they are found together.
        let names = ["", "-wal", "-shm"].map { ("latchkey.db" + $0, "latchkey.db" + mark + $0) }
        for (name, kept) in names + others.map({ ($0, $0 + mark) }) {
            if rename(path + "/" + name, path + "/" + kept) == 0 {
                aside.append(kept)
            } else if errno != ENOENT {
                throw BackupFolder.error(errno)
            }
        }
        guard rename(restoring, database) == 0 else { throw BackupFolder.error(errno) }
        try sync(path, flags: O_RDONLY | O_DIRECTORY)
        return aside
    }

    private func sync(_ path: String, flags: Int32) throws(StoreError) {
        let file = open(path, flags | O_CLOEXEC)
        guard file >= 0 else { throw .other(code: -errno) }
        defer { close(file) }
        guard fsync(file) == 0 else { throw .other(code: -errno) }
    }
}
