import Domain
import Foundation

/// The names and modes of the store's files.
///
///     data/              0700
///     ├ lock             0600  who has the folder open (``InstanceLock``)
///     ├ latchkey.db      0600  the store; it is there whole or not at all
///     ├ latchkey.db-wal, latchkey.db-shm
///     ├ journal          0600  the requests in flight, which the server that has the lock writes down
///     ├ backups/         0700  copies of the store (``BackupFolder``)
///     ├ restoring.db     0600  a copy that is about to become the store, or was left by an attempt
///     │                        that was cut off
///     └ creating.db      0600  a store whose creation is under way, or was cut off
struct DataFolder {
    /// What the folder holds.
    enum Content: Hashable {
        case nothing
        case store
        /// A file that only a store has, but not the store.
        case remains(StoreFile)
    }

    let path: String
    var database: String { StoreFile.database.path(in: path) }
    var backups: BackupFolder { BackupFolder(path: StoreFile.backups.path(in: path)) }
    var restoring: String { StoreFile.restoring.path(in: path) }
    private var unfinished: String { StoreFile.creating.path(in: path) }

    private static let suffixes = ["", "-journal", "-wal", "-shm"]

    /// Throws `inaccessible` where the system does not let this user look.
    func content() throws(StoreError) -> Content {
        if try has(.database) { return .store }
        for file in [StoreFile.log, .rollback, .journal] where try has(file) { return .remains(file) }
        return .nothing
    }

    private func has(_ file: StoreFile) throws(StoreError) -> Bool { try size(of: file) != nil }

    /// In bytes; nil if there is no such file.
    func size(of file: StoreFile) throws(StoreError) -> Int64? {
        var facts = stat()
        guard stat(file.path(in: path), &facts) != 0 else { return Int64(facts.st_size) }
        guard errno == ENOENT else { throw StoreError(errno: errno, at: .folder) }
        return nil
    }

    /// Throws where this user may not read and write the folder and the files of the store that is there.
    func requireAccess() throws(StoreError) {
        for file in [StoreFile.folder, .database, .log, .logIndex] {
            let mode = R_OK | W_OK | (file.isFolder ? X_OK : 0)
            guard faccessat(AT_FDCWD, file.path(in: path), mode, AT_EACCESS) != 0, errno != ENOENT else {
                continue
            }
            throw StoreError(errno: errno, at: file)
        }
    }

    /// Makes the folder where it is missing, and closes it to others where it is not and is this user's.
    func prepare() throws(StoreError) {
        try Self.make(path)
        var facts = stat()
        guard stat(path, &facts) == 0 else { throw StoreError(errno: errno, at: .folder) }
        guard facts.st_mode & S_IFMT == S_IFDIR else { throw .inaccessible(.folder, code: ENOTDIR) }
        guard facts.st_uid == geteuid(), facts.st_mode & 0o777 != 0o700 else { return }
        guard chmod(path, 0o700) == 0 else { throw StoreError(errno: errno, at: .folder) }
    }

    /// With those above it; one that is there stays as it is.
    private static func make(_ folder: String) throws(StoreError) {
        if mkdir(folder, 0o700) == 0 || errno == EEXIST { return }
        let parent = (folder as NSString).deletingLastPathComponent
        guard errno == ENOENT, !parent.isEmpty, parent != folder else {
            throw StoreError(errno: errno, at: .folder)
        }
        try make(parent)
        if mkdir(folder, 0o700) != 0, errno != EEXIST { throw StoreError(errno: errno, at: .folder) }
    }

    /// Deletes what a process left that was ended while it made a store, a backup or a restoration. To be
    /// called by whoever has the lock. What cannot be deleted stays: it is in nobody's way.
    func dropUnfinished() {
        for file in [unfinished, restoring] {
            for suffix in Self.suffixes { unlink(file + suffix) }
        }
        try? backups.dropPartial()
    }

    /// A new empty file for a store to be made in, 0600, so that SQLite's own files beside it are 0600 too.
    func beginCreation() throws(StoreError) -> String {
        for suffix in Self.suffixes where unlink(unfinished + suffix) != 0 && errno != ENOENT {
            throw StoreError(errno: errno, at: .creating)
        }
        let file = open(unfinished, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw StoreError(errno: errno, at: .creating) }
        fchmod(file, 0o600)
        close(file)
        return unfinished
    }

    /// Gives the finished file its name, durably.
    func commitCreation() throws(StoreError) {
        try sync(unfinished, flags: O_RDONLY)
        guard rename(unfinished, database) == 0 else { throw StoreError(errno: errno, at: .database) }
        try sync(path, flags: O_RDONLY | O_DIRECTORY)
    }

    /// A copy of the backup, on the disk. Throws `notFound` where there is none, and `inaccessible`, of the
    /// backup, where it cannot be read.
    func copyRestoring(from backup: String) throws(StoreError) {
        dropRestoring()
        let source = open(backup, O_RDONLY | O_CLOEXEC)
        guard source >= 0 else { throw errno == ENOENT ? .notFound : .inaccessible(.backup, code: errno) }
        defer { close(source) }
        let target = open(restoring, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard target >= 0 else { throw StoreError(errno: errno, at: .restoring) }
        defer { close(target) }
        var buffer = [UInt8](repeating: 0, count: 1 << 20)
        while true {
            let count = read(source, &buffer, buffer.count)
            guard count >= 0 else { throw .inaccessible(.backup, code: errno) }
            guard count > 0 else { break }
            var written = 0
            while written < count {
                let more = buffer.withUnsafeBytes { bytes in
                    write(
                        target, UnsafeRawBufferPointer(rebasing: bytes[written..<count]).baseAddress,
                        count - written)
                }
                guard more > 0 else { throw StoreError(errno: errno, at: .restoring) }
                written += more
            }
        }
        guard fsync(target) == 0 else { throw StoreError(errno: errno, at: .restoring) }
    }

    func dropRestoring() {
        for suffix in Self.suffixes { unlink(restoring + suffix) }
    }

    /// Puts the old store, its log and its journal aside, under names that tell when, and gives the new one
    /// its place. Returns the names of what was put aside.
    func commitRestoring(at now: Timestamp) throws(StoreError) -> [String] {
        try sync(restoring, flags: O_RDONLY)
        let mark = ".replaced-" + now.rfc3339.replacing(":", with: "-")
        var aside: [String] = []
        // SQLite looks for the log by the database's name: behind the mark, so that they are found together.
        let names = ["", "-wal", "-shm"].map { ("latchkey.db" + $0, "latchkey.db" + mark + $0) }
        let journal = StoreFile.journal.rawValue
        for (name, kept) in names + [(journal, journal + mark)] {
            if rename(path + "/" + name, path + "/" + kept) == 0 {
                aside.append(kept)
            } else if errno != ENOENT {
                throw StoreError(errno: errno, at: .folder)
            }
        }
        guard rename(restoring, database) == 0 else { throw StoreError(errno: errno, at: .database) }
        try sync(path, flags: O_RDONLY | O_DIRECTORY)
        return aside
    }

    private func sync(_ path: String, flags: Int32) throws(StoreError) {
        let file = open(path, flags | O_CLOEXEC)
        guard file >= 0 else { throw StoreError(errno: errno, at: .folder) }
        defer { close(file) }
        guard fsync(file) == 0 else { throw StoreError(errno: errno, at: .folder) }
    }
}
