import Foundation

/// The two streams a person or a script reads. Results go to standard output, everything else to standard
/// error.
///
/// A result that nobody takes ends the command with status 1: quietly where the reader went away
/// (`latchkey token list | head`), else it is told, for a new credential is shown once.
enum Console {
    static func print(_ text: String) { print(Data(text.utf8)) }

    static func printError(_ text: String) { _ = write(Data((text + "\n").utf8), to: STDERR_FILENO) }

    /// Writes bytes as they are and a line feed.
    static func print(_ data: Data) {
        guard let code = write(data + Data("\n".utf8), to: STDOUT_FILENO) else { return }
        if code != EPIPE {
            let reason = String(cString: strerror(code)).lowercased()
            let failure = CommandFailure(.failed, "cannot write to standard output: \(reason)", hint: nil)
            printError(failure.text)
        }
        exit(CommandFailure.Status.failed.rawValue)
    }

    /// Returns the `errno` of a write that failed. (`FileHandle.write` ends the process by a trap.)
    private static func write(_ data: Data, to stream: Int32) -> Int32? {
        data.withUnsafeBytes { bytes in
            var rest = bytes[...]
            while !rest.isEmpty {
                let count = Foundation.write(
                    stream, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
                if count > 0 {
                    rest = rest.dropFirst(count)
                } else if errno != EINTR {
                    return errno
                }
            }
            return nil
        }
    }
}
