import App
import Foundation
import Vault

/// Reads an upstream key from a file or, for `-`, from standard input: never from an argument, which other
/// users of the machine can see, nor from a file that they may use (`SecretFile`).
enum KeyFile {
    /// Longer than any key, and short enough to tell a wrong file.
    static let maximum = 8192

    /// Refuses a command line that holds the key itself, before anything else is said about it.
    static func refuseKey(in arguments: some Sequence<String>) throws(CommandFailure) {
        guard arguments.contains(where: { $0 == "--upstream-key" || $0.hasPrefix("--upstream-key=") }) else {
            return
        }
        throw CommandFailure(
            .usage, "an upstream key is no argument, for others on this machine can see it there",
            hint: "give its file, or - for standard input: --upstream-key-file key.txt")
    }

    static func read(_ path: String) throws(CommandFailure) -> Secret {
        try parse(path == "-" ? standardInput() : file(path))
    }

    /// The key without the line end behind it.
    static func parse(_ text: Secret) throws(CommandFailure) -> Secret {
        try text.withUnsafeBytes { bytes throws(CommandFailure) in try parse(bytes[...]) }
    }

    private static func parse(_ text: Slice<UnsafeRawBufferPointer>) throws(CommandFailure) -> Secret {
        let rule = "the file holds the key on one line and nothing else"
        var bytes = text
        if bytes.last == 0x0A { bytes.removeLast() }
        if bytes.last == 0x0D { bytes.removeLast() }
        guard !bytes.isEmpty else { throw CommandFailure(.usage, "the upstream key is empty", hint: rule) }
        guard bytes.count <= maximum else {
            throw CommandFailure(.usage, "the upstream key is longer than \(maximum) bytes", hint: rule)
        }
        guard bytes.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw CommandFailure(
                .usage, "the upstream key holds a space, a control character or a letter outside ASCII",
                hint: rule)
        }
        return Secret(copying: UnsafeRawBufferPointer(rebasing: bytes))
    }

    private static func standardInput() throws(CommandFailure) -> Secret {
        do {
            if isatty(STDIN_FILENO) == 1 {
                Console.printError("Type or paste the upstream key, then press Enter and Ctrl-D.")
            }
            let data = try FileHandle.standardInput.read(upToCount: maximum + 3) ?? Data()
            return data.withUnsafeBytes { Secret(copying: $0) }
        } catch {
            throw CommandFailure(.failed, "cannot read the upstream key from standard input", hint: nil)
        }
    }

    private static func file(_ path: String) throws(CommandFailure) -> Secret {
        do {
            return try SecretFile(path: path).read(atMost: maximum + 2, takingPipes: true)
        } catch {
            let error = SecretFileError(
                error, of: "upstream key file", at: path, setting: "--upstream-key-file")
            throw CommandFailure(.usage, error.message, hint: error.hint)
        }
    }
}
