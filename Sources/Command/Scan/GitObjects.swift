import Foundation
import Vault

/// What `git cat-file --batch-all-objects --batch` writes, read piece by piece: every object of a repository, the
/// ones that no branch reaches any more too.
///
///     <hash> SP <kind> SP <size> LF <size bytes> LF
///
/// Files, messages of commits and tags, and names in folders are scanned; each object is a text of its own.
struct GitObjects {
    /// Longer than any head of an object.
    private static let maximumHead = 256

    private enum State {
        case head([UInt8])
        /// So many bytes of it are missing, the line feed behind it counted.
        case body(missing: Int)
    }

    private var state = State.head([])
    private var lines = LineScan()
    private var name = ""
    private(set) var findings: [ScanFinding] = []
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
                state = missing == part.count ? .head([]) : .body(missing: missing - part.count)
            }
        }
    }

    private mutating func begin(_ head: [UInt8]) {
        let words = String(decoding: head, as: UTF8.self).split(separator: " ")
        guard words.count == 3, let size = Int(words[2]), size >= 0, size < Int.max else {
            isMalformed = true
            return
        }
        name = "\(words[1]) \(words[0])"
        lines = LineScan()
        state = .body(missing: size + 1)
    }

    private mutating func scan(_ bytes: UnsafeRawBufferPointer) {
        var found: [ScanFinding] = []
        let name = name
        lines.scan(bytes) { found.append(ScanFinding($0, path: name, line: $1)) }
        findings += found
    }
}
