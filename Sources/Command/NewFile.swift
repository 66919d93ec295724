import Foundation

/// A file that a command makes for what the server sends: 0600, never over another, and under its name whole
/// or not at all.
///
///     FILE.partial ─ filled ─ on the disk ─▶ FILE ─ its folder on the disk
///
/// What a command that was killed left as `FILE.partial` is replaced by the next one. Of two commands that
/// make the same file at once, the one that began first fails.
enum NewFile {
    /// Throws what `fill` does, and a ``CommandFailure`` if there is a file of this name or it cannot be
    /// written; then there is neither file nor `FILE.partial`.
    static func write(_ path: String, _ fill: (Int32) throws -> Void) throws {
        try refuseExisting(path)
        let partial = path + ".partial"
        // Not opened as it is: others may have it open, or it may lead elsewhere.
        unlink(partial)
        let file = open(partial, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw failure(partial, errno, .usage) }
        defer { close(file) }
        do {
            try fill(file)
            guard fsync(file) == 0 || errno == EINVAL else { throw failure(path, errno) }
            try name(file, partial, path)
        } catch {
            if isOwn(partial, file) { unlink(partial) }
            guard case HTTPTransfer.Failure.output(let code) = error else { throw error }
            throw failure(path, code)
        }
    }

    private static func name(_ file: Int32, _ partial: String, _ path: String) throws {
        guard isOwn(partial, file) else { throw failure(path, EBUSY) }
        try refuseExisting(path)
        guard rename(partial, path) == 0 else { throw failure(path, errno) }
        let slash = path.lastIndex(of: "/").map { path[...$0] } ?? "."
        let folder = open(String(slash), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        // A folder that this user may write and not read cannot be synced.
        guard folder >= 0 else { return }
        defer { close(folder) }
        guard fsync(folder) == 0 || errno == EINVAL else { throw failure(path, errno) }
    }

    private static func refuseExisting(_ path: String) throws {
        var facts = stat()
        guard lstat(path, &facts) == 0 else { return }
        throw failure(path, EEXIST, .usage)
    }

    /// False where another command has taken the name meanwhile.
    private static func isOwn(_ path: String, _ file: Int32) -> Bool {
        var (named, opened) = (stat(), stat())
        return lstat(path, &named) == 0 && fstat(file, &opened) == 0
            && named.st_ino == opened.st_ino && named.st_dev == opened.st_dev
    }

    private static func failure(
        _ path: String, _ code: Int32, _ status: CommandFailure.Status = .failed
    ) -> CommandFailure {
        let hint =
            switch code {
            case EEXIST: "name a file that is not there yet"
            case EBUSY: "another command writes the same file: name another"
            default: "name one in a folder that this user may write"
            }
        return CommandFailure(
            status, "cannot write \(path): \(String(cString: strerror(code)).lowercased())", hint: hint)
    }
}
