import Foundation
import Vault

/// A secret in a file of its own, named by a setting: one line. It is read once, at the start.
enum SecretFile {
    /// Shorter than any file that was meant for something else.
    private static let maximum = 4096

    static func read(_ path: String, setting: String) throws(SecretFileError) -> Secret {
        let content: Data
        do {
            let handle = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
            defer { try? handle.close() }
            content = try handle.read(upToCount: maximum + 1) ?? Data()
        } catch {
            throw .unreadable(path: path, setting: setting)
        }
        var bytes = content[...]
        if bytes.last == 0x0A { bytes.removeLast() }
        if bytes.last == 0x0D { bytes.removeLast() }
        guard !bytes.isEmpty, bytes.count <= maximum, !bytes.contains(0x0A) else {
            throw .malformed(path: path, setting: setting)
        }
        return bytes.withUnsafeBytes { Secret(copying: $0) }
    }
}

enum SecretFileError: ExplainedError, Equatable {
    case unreadable(path: String, setting: String)
    case malformed(path: String, setting: String)

    var message: String {
        switch self {
        case .unreadable(let path, _): "cannot read the secret in \(path)"
        case .malformed(let path, _): "the file \(path) does not hold a secret on one line"
        }
    }

    var hint: String? {
        switch self {
        case .unreadable(_, let setting), .malformed(_, let setting):
            "\(setting) has to name a file that this user may read, with the secret in its first and only line"
        }
    }
}
