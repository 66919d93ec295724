import Domain
import Foundation

/// What `git log --raw -z --no-abbrev --format=<GitLog.format>` writes, read piece by piece: which commits
/// put which file where.
///
///     <commit> SP <seconds> SP <author> NUL
///     [LF] ":" <mode> SP <mode> SP <hash> SP <hash> SP <status> NUL <path> NUL …
///
/// A merge's own changes have a colon, a mode and a hash for each parent.
struct GitLog {
    static let format = "%H %at %an <%ae>"
    /// Bytes of one part; longer than any path or name that is meant.
    private static let longest = 1 << 20

    struct Commit {
        let hash: String
        let author: GitAuthor
    }

    private var part: [UInt8] = []
    private var commit: Commit?
    /// Of the path that comes next: the hash of what is there since then.
    private var blob: String?
    private(set) var isMalformed = false

    /// `take` gets the commit, the hash of the file that it put there, and where; the newest commit first.
    mutating func read(_ piece: UnsafeRawBufferPointer, take: (Commit, String, [UInt8]) -> Void) {
        var rest = piece[...]
        while !rest.isEmpty, !isMalformed {
            let end = rest.firstIndex(of: 0) ?? rest.endIndex
            part += rest[rest.startIndex..<end]
            isMalformed = part.count > Self.longest
            guard end < rest.endIndex else { return }
            rest = rest[(end + 1)...]
            close(take)
            part.removeAll(keepingCapacity: true)
        }
    }

    private mutating func close(_ take: (Commit, String, [UInt8]) -> Void) {
        if let blob {
            self.blob = nil
            if let commit { take(commit, blob, part) }
            return
        }
        let text = part.first == 0x0A ? part.dropFirst() : part[...]
        guard let first = text.first else { return }
        if first == UInt8(ascii: ":") {
            let words = text.split(separator: 0x20)
            guard words.count >= 5 else {
                isMalformed = true
                return
            }
            blob = String(decoding: words[words.count - 2], as: UTF8.self)
        } else {
            let words = String(decoding: text, as: UTF8.self).split(separator: " ", maxSplits: 2)
            guard words.count == 3, let seconds = Int64(words[1]) else {
                isMalformed = true
                return
            }
            commit = Commit(
                hash: String(words[0]), author: GitAuthor(name: String(words[2]), seconds: seconds))
        }
    }
}
