import Glibc
import Synchronization

/// Tells whether the names of a store's files still lead to what they led to when it was opened.
///
/// A file that is deleted or replaced under a running server goes on as an open file without a name: all that
/// is written to it is lost when the process ends. So this is asked before each read and each commit, and by
/// the probe of readiness. It costs one `stat` for each name. The files are held open by those who use them,
/// so that no other file gets their numbers; the folder is held open here.
final class FileWatch: Sendable {
    private struct Identity: Hashable {
        let device: dev_t
        let inode: ino_t
    }

    private let watched = Mutex<[(file: StoreFile, identity: Identity)]>([])
    private let folder: String
    private let descriptor: Int32

    init(folder: String) throws(StoreError) {
        self.folder = folder
        descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw StoreError(errno: errno, at: .folder) }
        for file in [StoreFile.folder, .lock, .database, .log] { try add(file) }
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// From now on this one too. Throws `replaced` where it is not there.
    func add(_ file: StoreFile) throws(StoreError) {
        let identity = try identity(of: file)
        watched.withLock { $0.append((file, identity)) }
    }

    /// Throws `replaced` where one of them is gone or another file, until what was there is back.
    func check() throws(StoreError) {
        for (file, identity) in watched.withLock({ $0 }) where try self.identity(of: file) != identity {
            throw .replaced(file)
        }
    }

    private func identity(of file: StoreFile) throws(StoreError) -> Identity {
        var facts = stat()
        guard stat(file.path(in: folder), &facts) == 0 else {
            throw errno == ENOENT || errno == ENOTDIR ? .replaced(file) : StoreError(errno: errno, at: file)
        }
        return Identity(device: facts.st_dev, inode: facts.st_ino)
    }
}
