import Foundation

/// A file that a command makes for what the server sends: 0600, never over another, and gone where it is not whole.
enum NewFile {
    static func write(_ path: String, _ fill: (Int32) throws -> Void) throws {
        let file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw failure(path, errno, .usage) }
        defer { close(file) }
        do {
            try fill(file)
            guard fsync(file) == 0 || errno == EINVAL else { throw failure(path, errno) }
        } catch HTTPTransfer.Failure.output(let code) {
            unlink(path)
            throw failure(path, code)
        } catch {
            unlink(path)
            throw error
        }
    }

    private static func failure(
        _ path: String, _ code: Int32, _ status: CommandFailure.Status = .failed
    ) -> CommandFailure {
        CommandFailure(
            status, "cannot write \(path): \(String(cString: strerror(code)).lowercased())",
            hint: code == EEXIST
                ? "name a file that is not there yet" : "name one in a folder that this user may write")
    }
}
