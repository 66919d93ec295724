import Glibc

/// The file that holds the master key: 64 hexadecimal digits and a line feed, made as 0600, and read as a
/// ``SecretFile``.
///
/// It is never written over but by ``commitNext()``: a master key that is lost takes the upstream keys and
/// every credential with it. A new one is on the disk, its name too, before ``create()`` returns.
///
/// Its successor stands beside it, as `….next`, until the vault's keys are wrapped under that:
///
///     master.key           master.key            master.key            master.key
///     ──────── createNext ─ master.key.next ─ keys are re-wrapped ─ commitNext ──────
///                          (master.key opens)   (.next opens)
///
/// So whichever of the two opens the vault is the one that counts, wherever a rotation was cut off.
package struct MasterKeyFile: Sendable {
    package let path: String

    package init(path: String) { self.path = path }

    package enum Failure: Error, Hashable, Sendable {
        case missing
        case exists
        /// Not a plain file.
        case notAFile
        /// Others than its owner may use it.
        case exposed(FileExposure)
        /// It does not hold 64 hexadecimal digits.
        case malformed
        /// The system refused: a value of `errno`.
        case system(errno: Int32)

        fileprivate init(_ failure: SecretFile.Failure) {
            self =
                switch failure {
                case .missing: .missing
                case .notAFile: .notAFile
                case .exposed(let exposure): .exposed(exposure)
                case .tooShort, .tooLong, .notOneLine: .malformed
                case .system(let code): .system(errno: code)
                }
        }
    }

    package func read() throws(Failure) -> MasterKey {
        let text: Secret
        do {
            text = try SecretFile(path: path).read(atMost: MasterKey.digitCount + 2)
        } catch {
            throw Failure(error)
        }
        do {
            return try MasterKey(hexadecimal: text)
        } catch {
            throw .malformed
        }
    }

    /// Makes a key and the file for it. The folder has to be there; a file that is there is never touched.
    package func create() throws(Failure) -> MasterKey {
        let key = MasterKey.generate()
        let file = unsafe open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw errno == EEXIST ? .exists : .system(errno: errno) }
        do throws(Failure) {
            defer { close(file) }
            try Self.write(key.hexadecimal, to: file)
            guard fchmod(file, 0o600) == 0, fsync(file) == 0 else { throw .system(errno: errno) }
            try syncFolder()
        } catch {
            // Half a key would stop every later start.
            unsafe unlink(path)
            throw error
        }
        return key
    }

    /// The key to come.
    package var next: MasterKeyFile { MasterKeyFile(path: path + ".next") }

    /// Makes the key to come; one that a rotation left which was cut off is thrown away. The caller has seen
    /// that the present key opens the vault. Throws `notAFile` where the name is a link: another file than
    /// that which it leads to would take its place.
    package func createNext() throws(Failure) -> MasterKey {
        var status = stat()
        guard unsafe lstat(path, &status) == 0 else {
            throw errno == ENOENT ? .missing : .system(errno: errno)
        }
        guard status.st_mode & S_IFMT == S_IFREG else { throw .notAFile }
        try discardNext()
        return try next.create()
    }

    /// Gives the key to come its name, durably: the present one is gone.
    package func commitNext() throws(Failure) {
        guard unsafe rename(next.path, path) == 0 else { throw .system(errno: errno) }
        try syncFolder()
    }

    package func discardNext() throws(Failure) {
        guard unsafe unlink(next.path) == 0 || errno == ENOENT else { throw .system(errno: errno) }
    }

    private static func write(_ text: Secret, to file: Int32) throws(Failure) {
        unsafe try text.withUnsafeBytes { text throws(Failure) in
            var count = 0
            while count < text.count {
                let more = unsafe Glibc.write(
                    file, text.baseAddress.map { unsafe $0 + count }, text.count - count)
                if more < 0, errno == EINTR { continue }
                guard more > 0 else { throw .system(errno: errno) }
                count += more
            }
        }
    }

    private func syncFolder() throws(Failure) {
        var folder = "."
        if let slash = path.lastIndex(of: "/") {
            folder = slash == path.startIndex ? "/" : String(path[..<slash])
        }
        let descriptor = unsafe open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .system(errno: errno) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw .system(errno: errno) }
    }
}
