import Foundation
import Vault

/// The files that are checked out, looked into once each.
struct WorkTrees {
    private let tops: [String]
    private var found: [[UInt8]: Set<FoundCredential>] = [:]

    /// - Parameter tops: of the working trees; none for a bare repository.
    init(_ tops: [String]) { self.tops = tops }

    /// Whether the file at this path still has the credential, in its text or in its name; nil where nothing
    /// is checked out.
    mutating func has(_ credential: FoundCredential, at path: [UInt8], isName: Bool) -> Bool? {
        guard !tops.isEmpty else { return nil }
        // As C has them: not every name is a text.
        let paths = tops.map { (Array("\($0)/".utf8) + path + [0]).map { CChar(bitPattern: $0) } }
        guard !isName else {
            return paths.contains { faccessat(AT_FDCWD, $0, F_OK, AT_SYMLINK_NOFOLLOW) == 0 }
        }
        if found[path] == nil { found[path] = Set(paths.flatMap(Self.credentials)) }
        return found[path]?.contains(credential)
    }

    private static func credentials(in path: [CChar]) -> Set<FoundCredential> {
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NOFOLLOW | O_NONBLOCK)
        guard file >= 0 else { return [] }
        defer { close(file) }
        var scanner = CredentialScanner()
        var found: Set<FoundCredential> = []
        // What cannot be read is told where the files are gone through.
        do throws(ReadFailure) {
            try PieceReader(descriptor: file).read { piece in
                scanner.scan(piece) { finding, _ in found.insert(FoundCredential(finding)) }
            }
        } catch {}
        return found
    }
}
