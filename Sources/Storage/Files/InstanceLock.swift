import Glibc

/// The right to be the only process in a data folder: `flock` on its file `lock`, which holds the owner's
/// process id.
///
/// The kernel lets go of it with the process, however that ends; the file stays.
final class InstanceLock: Sendable {
    private let file: Int32

    init(folder: String) throws(StoreError) {
        file = open(StoreFile.lock.path(in: folder), O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw StoreError(errno: errno, at: .lock) }
        try take(LOCK_EX)
        let text = Array("\(getpid())\n".utf8)
        // The process id is a hint for people: a disk too full to take it does not stop the owner.
        if ftruncate(file, 0) == 0 { _ = pwrite(file, text, text.count, 0) }
    }

    /// Keeps servers out of the folder while it is looked at, and changes nothing: any number may look at
    /// once. nil if there is no lock file: then no server runs there. Throws `locked`.
    init?(lookingAt folder: String) throws(StoreError) {
        file = open(StoreFile.lock.path(in: folder), O_RDONLY | O_CLOEXEC)
        guard file >= 0 else {
            guard errno == ENOENT else { throw StoreError(errno: errno, at: .lock) }
            return nil
        }
        try take(LOCK_SH)
    }

    deinit { if file >= 0 { close(file) } }

    private func take(_ kind: Int32) throws(StoreError) {
        guard flock(file, kind | LOCK_NB) != 0 else { return }
        guard errno == EWOULDBLOCK else { throw StoreError(errno: errno, at: .lock) }
        // Those that only look leave room for one more, and do not write their process ids there.
        throw .locked(pid: flock(file, LOCK_SH | LOCK_NB) == 0 ? nil : Self.owner(file))
    }

    /// nil if it cannot be read, that process has ended, or it is this one: of containers that share a
    /// folder, each may run its server as process 1.
    private static func owner(_ file: Int32) -> Int32? {
        var text = [UInt8](repeating: 0, count: 16)
        let count = pread(file, &text, text.count, 0)
        guard count > 0 else { return nil }
        let digits = String(decoding: text.prefix(count).prefix { $0 != 0x0A }, as: UTF8.self)
        guard let owner = Int32(digits), owner != getpid() else { return nil }
        return kill(owner, 0) == 0 || errno == EPERM ? owner : nil
    }
}
