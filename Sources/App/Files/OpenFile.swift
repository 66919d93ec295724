import Glibc
package import Vault

/// A file that is open to be read. Throws what the system does, unlike Foundation's ways to read one.
package struct OpenFile: ~Copyable {
    let descriptor: Int32

    init(_ path: String) throws(SystemFailure) {
        try self.init(owning: open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY))
    }

    private init(owning descriptor: Int32) throws(SystemFailure) {
        self.descriptor = descriptor
        guard descriptor >= 0 else { throw SystemFailure(code: errno) }
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// All of it, but no more than one byte beyond `maximum`.
    func content(atMost maximum: Int) throws(SystemFailure) -> [UInt8] {
        var content: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 64 * 1024)
        while content.count <= maximum {
            let count = read(descriptor, &buffer, min(buffer.count, maximum + 1 - content.count))
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw SystemFailure(code: errno) }
            guard count > 0 else { break }
            content += buffer[..<count]
        }
        return content
    }

    /// All that the file holds, but no more than one byte beyond `maximum`.
    ///
    /// - Parameter path: `-` is standard input.
    package static func content(of path: String, atMost maximum: Int) throws(SystemFailure) -> [UInt8] {
        let file = try path == "-" ? OpenFile(owning: dup(STDIN_FILENO)) : OpenFile(path)
        return try file.content(atMost: maximum)
    }
}
