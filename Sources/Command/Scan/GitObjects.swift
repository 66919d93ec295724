import Domain
import Foundation
import Vault

/// What `git cat-file --batch-all-objects --batch` writes, read piece by piece: every object of a repository,
/// the ones that no branch reaches any more too.
///
///     <hash> SP <type> SP <size> LF <size bytes> LF
///
/// Files, messages of commits and tags, and names in folders are scanned; each object is a text of its own.
struct GitObjects {
    enum ObjectType: String { case blob, tree, commit, tag }

    /// A credential in an object.
    struct Finding: Equatable {
        let credential: FoundCredential
        let type: ObjectType
        let hash: String
        /// From 1, in the object.
        let line: Int
        /// Of a commit or a tag.
        let author: GitAuthor?
    }

    /// Longer than any head of an object.
    private static let maximumHead = 256
    /// Of a commit or tag: more than its parents and author take.
    private static let maximumPreamble = 1 << 14

    private enum State {
        case head([UInt8])
        /// So many bytes of it are missing, the line feed behind it counted.
        case body(missing: Int)
    }

    private var state = State.head([])
    private var lines = LineScan()
    private var type = ObjectType.blob
    private var hash = ""
    /// The first bytes of a commit or tag.
    private var preamble: [UInt8] = []
    /// Of the object that is being read.
    private var pending: [(FoundCredential, line: Int)] = []
    private(set) var findings: [Finding] = []
    private(set) var commits = 0
    /// It was not what git writes.
    private(set) var isMalformed = false

    /// Whether it ended behind a whole object.
    var isComplete: Bool {
        guard !isMalformed, case .head(let bytes) = state else { return false }
        return bytes.isEmpty
    }

    mutating func read(_ piece: UnsafeRawBufferPointer) {
        var rest = piece[...]
        while !rest.isEmpty, !isMalformed {
            switch state {
            case .head(let begun):
                let part = rest.prefix { $0 != 0x0A }
                let head = begun + part
                rest = rest.dropFirst(part.count)
                guard head.count <= Self.maximumHead else {
                    isMalformed = true
                    return
                }
                if rest.isEmpty {
                    state = .head(head)
                } else {
                    rest = rest.dropFirst()
                    begin(head)
                }
            case .body(let missing):
                let part = rest.prefix(missing)
                rest = rest.dropFirst(part.count)
                scan(UnsafeRawBufferPointer(rebasing: part))
                state = .body(missing: missing - part.count)
                if missing == part.count { end() }
            }
        }
    }

    private mutating func begin(_ head: [UInt8]) {
        let words = String(decoding: head, as: UTF8.self).split(separator: " ")
        guard words.count == 3, let type = ObjectType(rawValue: String(words[1])), let size = Int(words[2]),
            size >= 0, size < Int.max
        else {
            isMalformed = true
            return
        }
        self.type = type
        hash = String(words[0])
        lines = LineScan()
        if type == .commit { commits += 1 }
        state = .body(missing: size + 1)
    }

    private mutating func scan(_ bytes: UnsafeRawBufferPointer) {
        var found: [(FoundCredential, line: Int)] = []
        lines.scan(bytes) { found.append((FoundCredential($0), $1)) }
        pending += found
        guard type == .commit || type == .tag else { return }
        preamble += bytes.prefix(Self.maximumPreamble - preamble.count)
    }

    private mutating func end() {
        let author = pending.isEmpty ? nil : GitAuthor(ofObject: preamble)
        findings += pending.map {
            Finding(credential: $0.0, type: type, hash: hash, line: $0.line, author: author)
        }
        pending = []
        preamble = []
        state = .head([])
    }
}
