import Domain
import Foundation

/// The two streams a person or a script reads. Results go to standard output, everything else to standard
/// error.
///
/// What a terminal could obey, or a reader could not see, is spelled out: text has `\u{202E}` for it, JSON
/// `\u202e`. A result that nobody takes ends the command: as a signal does where the reader went away
/// (`latchkey token list | head`), else with status 1 and a message, for a new credential is shown once.
enum Console {
    /// A text for people and a line feed.
    static func print(_ text: String) { put(Data((plain(text) + "\n").utf8)) }

    /// JSON and a line feed.
    static func print(_ json: Data) { put(plain(json: json) + Data("\n".utf8)) }

    /// A text for programs, as CSV: as it is, but on a terminal.
    static func print(data text: String) {
        guard isatty(STDOUT_FILENO) == 1 else { return put(Data((text + "\n").utf8)) }
        print(text.replacing("\r\n", with: "\n"))
    }

    static func printError(_ text: String) { _ = write(Data((plain(text) + "\n").utf8), to: STDERR_FILENO) }

    /// Something that was done all the same, and that should be done in another way.
    static func warn(_ message: String, hint: String) {
        printError("latchkey: warning: \(message)\nhint: \(hint)")
    }

    /// Of an answer with an address of the server that may be none for clients.
    static func warnOfAssumedAddress() {
        warn(
            "LATCHKEY_PUBLIC_URL is not set on the server, so this address may not work for clients",
            hint: "set it to what clients open, as https://llm.example.com, and start the server again")
    }

    /// Its lines stay lines.
    private static func plain(_ text: String) -> String {
        HiddenCharacters.escaped(text) { $0 == "\n" || $0 == "\t" }
    }

    static func plain(json: Data) -> Data {
        // Every hidden character but DEL has bytes beyond ASCII; the other controls are escaped in JSON.
        guard json.contains(where: { $0 >= 0x7F }) else { return json }
        return Data(HiddenCharacters.escapedJSON(String(decoding: json, as: UTF8.self)).utf8)
    }

    private static func put(_ data: Data) {
        if let code = write(data, to: STDOUT_FILENO) { endUnread(code) }
    }

    /// The end of a command whose result was not taken; `code` is the `errno` of the write.
    static func endUnread(_ code: Int32) -> Never {
        if code == EPIPE {
            // As of `cat`: a shell shows nothing, and tells 141.
            signal(SIGPIPE, SIG_DFL)
            raise(SIGPIPE)
        }
        let reason = String(cString: strerror(code)).lowercased()
        printError(CommandFailure(.failed, "cannot write to standard output: \(reason)", hint: nil).text)
        exit(CommandFailure.Status.failed.rawValue)
    }

    /// Returns the `errno` of a write that failed. (`FileHandle.write` ends the process by a trap.)
    static func write(_ data: Data, to stream: Int32) -> Int32? {
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
