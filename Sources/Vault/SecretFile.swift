import Glibc

/// A file with a secret in it, which is read only where it keeps the rule of ``FileProtection``.
package struct SecretFile: Hashable, Sendable {
    package let path: String

    package init(path: String) { self.path = path }

    package enum Failure: Error, Hashable, Sendable {
        case missing
        /// A folder or a device; a pipe, too, where none is taken.
        case notAFile
        case exposed(FileExposure)
        /// Fewer bytes.
        case tooShort(minimum: Int)
        /// More bytes.
        case tooLong(maximum: Int)
        case notOneLine
        /// The system refused: a value of `errno`.
        case system(errno: Int32)
    }

    /// All of it: 1 to `maximum` bytes. With `takingPipes` it may also be a pipe, as a shell makes one of
    /// `<(command)`: nobody else reads from that.
    package func read(atMost maximum: Int, takingPipes: Bool = false) throws(Failure) -> Secret {
        // A pipe that is not taken must not be waited for.
        let file = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | (takingPipes ? 0 : O_NONBLOCK))
        guard file >= 0 else { throw errno == ENOENT ? .missing : .system(errno: errno) }
        defer { close(file) }
        var facts = stat()
        guard unsafe fstat(file, &facts) == 0 else { throw .system(errno: errno) }
        switch facts.st_mode & S_IFMT {
        case S_IFREG: try Self.requireProtection(of: file)
        case S_IFIFO, S_IFCHR, S_IFSOCK: guard takingPipes else { throw .notAFile }
        default: throw .notAFile
        }
        var count = 0
        // One byte more, to see that there is none.
        let content = unsafe try Secret(byteCount: maximum + 1) { bytes throws(Failure) in
            while count < bytes.count {
                let more = unsafe Glibc.read(
                    file, bytes.baseAddress.map { unsafe $0 + count }, bytes.count - count)
                if more < 0, errno == EINTR { continue }
                guard more >= 0 else { throw .system(errno: errno) }
                guard more > 0 else { return }
                count += more
            }
        }
        guard count > 0 else { throw .tooShort(minimum: 1) }
        guard count <= maximum else { throw .tooLong(maximum: maximum) }
        return unsafe content.withUnsafeBytes { bytes in
            unsafe Secret(copying: UnsafeRawBufferPointer(rebasing: bytes[..<count]))
        }
    }

    /// Its only line, without the end of that: `minimum` to `maximum` bytes.
    package func line(atLeast minimum: Int, atMost maximum: Int) throws(Failure) -> Secret {
        let content: Secret
        do {
            content = try read(atMost: maximum + 2)
        } catch .tooLong {
            throw .tooLong(maximum: maximum)
        } catch .tooShort {
            throw .tooShort(minimum: minimum)
        }
        return unsafe try content.withUnsafeBytes { bytes throws(Failure) in
            var count = bytes.count
            if unsafe bytes[count - 1] == 0x0A { count -= 1 }
            if count > 0, unsafe bytes[count - 1] == 0x0D { count -= 1 }
            let line = unsafe UnsafeRawBufferPointer(rebasing: bytes[..<count])
            guard unsafe !line.contains(0x0A) else { throw .notOneLine }
            guard count >= minimum else { throw .tooShort(minimum: minimum) }
            guard count <= maximum else { throw .tooLong(maximum: maximum) }
            return unsafe Secret(copying: line)
        }
    }

    private static func requireProtection(of file: Int32) throws(Failure) {
        let protection: FileProtection
        do {
            protection = try FileProtection(descriptor: file)
        } catch {
            throw .system(errno: error.code)
        }
        if let exposure = protection.exposure { throw .exposed(exposure) }
    }
}
