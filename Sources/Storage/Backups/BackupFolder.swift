import Glibc

/// The data folder's `backups` (0700): whole copies (0600), and at most one that is being made.
struct BackupFolder {
    let path: String

    /// An empty file for a copy to be made in; what an earlier attempt left that was cut off goes.
    func begin(_ name: String) throws(StoreError) -> String {
        if mkdir(path, 0o700) != 0, errno != EEXIST { throw StoreError(errno: errno, at: .backups) }
        try dropPartial()
        let partial = path + "/" + name + BackupFile.partialSuffix
        let file = open(partial, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw StoreError(errno: errno, at: .backups) }
        close(file)
        return partial
    }

    /// Deletes what attempts left that were cut off, with SQLite's files beside it.
    func dropPartial() throws(StoreError) {
        for name in try names() where name.contains(BackupFile.partialSuffix) { unlink(path + "/" + name) }
    }

    /// Gives the finished copy its name, durably.
    func commit(_ name: String) throws(StoreError) -> BackupFile {
        let partial = path + "/" + name + BackupFile.partialSuffix
        try Self.sync(partial, O_RDONLY)
        // Never over another.
        guard link(partial, path + "/" + name) == 0 else { throw StoreError(errno: errno, at: .backups) }
        unlink(partial)
        try Self.sync(path, O_RDONLY | O_DIRECTORY)
        guard let size = try size(of: name) else {
            throw StoreError(errno: ENOENT, at: .backups)
        }
        return BackupFile(name: name, bytes: size)
    }

    func abandon(_ partial: String) {
        for suffix in ["", "-journal", "-wal", "-shm"] { unlink(partial + suffix) }
    }

    func remove(_ name: String) throws(StoreError) {
        guard unlink(path + "/" + name) == 0 else {
            throw errno == ENOENT ? .notFound : StoreError(errno: errno, at: .backups)
        }
        try Self.sync(path, O_RDONLY | O_DIRECTORY)
    }

    func has(_ name: String) throws(StoreError) -> Bool {
        guard BackupFile.isName(name) else { return false }
        return try size(of: name) != nil
    }

    /// A descriptor to read one by; nil where there is none of that name.
    func descriptor(of name: String) throws(StoreError) -> Int32? {
        guard try has(name) else { return nil }
        let file = open(path + "/" + name, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw StoreError(errno: errno, at: .backups) }
        return file
    }

    /// Newest first.
    func list() throws(StoreError) -> [BackupFile] {
        var files: [BackupFile] = []
        for name in try names().filter(BackupFile.isName).sorted(by: >) {
            if let size = try size(of: name) { files.append(BackupFile(name: name, bytes: size)) }
        }
        return files
    }

    /// None where the folder is not there yet.
    private func names() throws(StoreError) -> [String] {
        guard let folder = opendir(path) else {
            guard errno == ENOENT else { throw StoreError(errno: errno, at: .backups) }
            return []
        }
        defer { closedir(folder) }
        var names: [String] = []
        errno = 0
        while let entry = readdir(folder) {
            withUnsafePointer(to: &entry.pointee.d_name) { name in
                name.withMemoryRebound(to: CChar.self, capacity: 256) { names.append(String(cString: $0)) }
            }
            errno = 0
        }
        guard errno == 0 else { throw StoreError(errno: errno, at: .backups) }
        return names
    }

    /// nil where there is no such file.
    private func size(of name: String) throws(StoreError) -> Int64? {
        var facts = stat()
        guard stat(path + "/" + name, &facts) == 0 else {
            guard errno == ENOENT else { throw StoreError(errno: errno, at: .backups) }
            return nil
        }
        return facts.st_mode & S_IFMT == S_IFREG ? Int64(facts.st_size) : nil
    }

    private static func sync(_ path: String, _ flags: Int32) throws(StoreError) {
        let file = open(path, flags | O_CLOEXEC)
        guard file >= 0 else { throw StoreError(errno: errno, at: .backups) }
        defer { close(file) }
        guard fsync(file) == 0 else { throw StoreError(errno: errno, at: .backups) }
    }
}
