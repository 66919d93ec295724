import Foundation
import Vault

/// A file that a command makes for what the server sends: 0600, never over another, and under its name whole
/// or not at all.
///
///     .NAME.latchkey-partial ─ filled ─ on the disk ─▶ NAME ─ its folder on the disk
///
/// What a command that was killed left under the first name is replaced by the next one. Of two commands that
/// make the same file at once, the one that began first fails.
enum NewFile {
    /// Throws what `fill` does, and a ``CommandFailure`` if there is a file of this name or it cannot be
    /// written: then there is neither. It also throws one if the file is whole and its folder cannot be
    /// synced, and says so.
    static func write(_ path: String, _ fill: (Int32) throws -> Void) throws {
        let name = path.utf8.lastIndex(of: UInt8(ascii: "/")).map { path.utf8.index(after: $0) }
        let folder = path[..<(name ?? path.startIndex)]
        let partial = "\(folder).\(path[folder.endIndex...]).latchkey-partial"
        guard FileFacts(path: path, followsLinks: false) == nil else { throw failure(path, EEXIST, .usage) }
        try removeLeftover(partial)
        let file = open(partial, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw failure(errno == EEXIST ? partial : path, errno, .usage) }
        do {
            defer {
                if isOwn(partial, file) { unlink(partial) }
                close(file)
            }
            try fill(file)
            guard fsync(file) == 0 || errno == EINVAL else { throw failure(path, errno) }
            try publish(file, partial, path)
        } catch HTTPTransfer.Failure.output(let code) {
            throw failure(path, code)
        }
        try sync(folder.isEmpty ? "." : String(folder), of: path)
    }

    /// Never opened as it is: others may have it open. What no command made stays, and `open` refuses it.
    private static func removeLeftover(_ partial: String) throws {
        guard let facts = FileFacts(path: partial, followsLinks: false) else { return }
        if facts.kind == .file, facts.owner == geteuid() { unlink(partial) }
    }

    /// Links the open file itself, whatever `partial` leads to meanwhile; that fails if another command has
    /// removed it.
    private static func publish(_ file: Int32, _ partial: String, _ path: String) throws {
        if linkat(AT_FDCWD, "/proc/self/fd/\(file)", AT_FDCWD, path, AT_SYMLINK_FOLLOW) == 0 { return }
        guard isOwn(partial, file) else { throw failure(path, EBUSY) }
        // On a file system without links an empty file takes the name, and the rename replaces that alone.
        let taken = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard taken >= 0 else { throw failure(path, errno, errno == EEXIST ? .usage : .failed) }
        close(taken)
        guard rename(partial, path) == 0 else {
            let code = errno
            unlink(path)
            throw failure(path, code)
        }
    }

    private static func sync(_ folder: String, of path: String) throws {
        let opened = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        // A folder that this user may write and not read cannot be synced.
        guard opened >= 0 else { return }
        defer { close(opened) }
        guard fsync(opened) != 0, errno != EINVAL else { return }
        throw CommandFailure(
            .failed, "\(path) is whole, but its folder cannot be synced: \(reason(errno))",
            hint: "a power failure may still take the file away: look at the disk, or write to another")
    }

    /// False where another command has taken the name meanwhile.
    private static func isOwn(_ path: String, _ file: Int32) -> Bool {
        guard let named = FileFacts(path: path, followsLinks: false) else { return false }
        return named.identity == FileFacts(descriptor: file)?.identity
    }

    private static func failure(
        _ path: String, _ code: Int32, _ status: CommandFailure.Status = .failed
    ) -> CommandFailure {
        let hint =
            switch code {
            case EEXIST: "name another file"
            case EBUSY: "another command writes the same file: name another"
            default: "name one in a folder that this user may write"
            }
        return CommandFailure(status, "cannot write \(path): \(reason(code))", hint: hint)
    }

    private static func reason(_ code: Int32) -> String { String(cString: strerror(code)).lowercased() }
}
