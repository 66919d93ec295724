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
        guard flock(file, LOCK_EX | LOCK_NB) == 0 else {
            let reason = errno
            throw reason == EWOULDBLOCK
                ? .locked(pid: Self.owner(file)) : StoreError(errno: reason, at: .lock)
        }
        let text = Array("\(getpid())\n".utf8)
        // The process id is a hint for people: a disk too full to take it does not stop the owner.
        if ftruncate(file, 0) == 0 { _ = pwrite(file, text, text.count, 0) }
    }

    deinit { if file >= 0 { close(file) } }

    private static func owner(_ file: Int32) -> Int32? {
        var text = [UInt8](repeating: 0, count: 16)
        let count = pread(file, &text, text.count, 0)
        guard count > 0 else { return nil }
        return Int32(String(decoding: text.prefix(count).prefix { $0 != 0x0A }, as: UTF8.self))
    }
}
