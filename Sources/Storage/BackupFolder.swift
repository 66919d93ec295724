import Foundation

/// The data folder's `backups` (0700): whole copies (0600), and at most one that is being made.
struct BackupFolder {
    let path: String

    /// An empty file for a copy to be made in; what an earlier attempt left that was cut off goes.
    func begin(_ name: String) throws(StoreError) -> String {
        if mkdir(path, 0o700) != 0, errno != EEXIST { throw Self.error(errno) }
        for other in (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
        where other.contains(BackupFile.partialSuffix) {
            unlink(path + "/" + other)
        }
        let partial = path + "/" + name + BackupFile.partialSuffix
        let file = open(partial, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw Self.error(errno) }
        close(file)
        return partial
    }

    /// Gives the finished copy its name, durably.
    func commit(_ name: String) throws(StoreError) -> BackupFile {
        let partial = path + "/" + name + BackupFile.partialSuffix
        try Self.sync(partial, O_RDONLY)
        // Never over another.
        guard link(partial, path + "/" + name) == 0 else { throw Self.error(errno) }
        unlink(partial)
        try Self.sync(path, O_RDONLY | O_DIRECTORY)
        guard let size = size(of: name) else { throw Self.error(errno) }
        return BackupFile(name: name, bytes: size)
    }

    func abandon(_ partial: String) {
        for suffix in ["", "-journal", "-wal", "-shm"] { unlink(partial + suffix) }
    }

    func remove(_ name: String) throws(StoreError) {
        guard unlink(path + "/" + name) == 0 else { throw errno == ENOENT ? .notFound : Self.error(errno) }
        try Self.sync(path, O_RDONLY | O_DIRECTORY)
    }

    func path(of name: String) -> String? {
        BackupFile.isName(name) && size(of: name) != nil ? path + "/" + name : nil
    }

    func list() throws(StoreError) -> [BackupFile] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
        return names.filter(BackupFile.isName).sorted(by: >)
            .compactMap { name in size(of: name).map { BackupFile(name: name, bytes: $0) } }
    }

    private func size(of name: String) -> Int64? {
        var status = stat()
        guard stat(path + "/" + name, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
        return Int64(status.st_size)
    }

    private static func sync(_ path: String, _ flags: Int32) throws(StoreError) {
        let file = open(path, flags | O_CLOEXEC)
        guard file >= 0 else { throw error(errno) }
        defer { close(file) }
        guard fsync(file) == 0 else { throw error(errno) }
    }

    static func error(_ code: Int32) -> StoreError {
        switch code {
        case ENOSPC, EDQUOT: .full
        case EROFS, EACCES, EPERM: .readOnly
        case EEXIST: .conflict
        default: .other(code: -code)
        }
    }
}
