import Foundation

/// The two streams a person or a script reads. Results go to standard output, everything else to standard
/// error.
enum Console {
    static func print(_ text: String) { FileHandle.standardOutput.write(Data((text + "\n").utf8)) }

    static func printError(_ text: String) { FileHandle.standardError.write(Data((text + "\n").utf8)) }

    /// Writes bytes as they are and a line feed.
    static func print(_ data: Data) { FileHandle.standardOutput.write(data + Data("\n".utf8)) }
}
