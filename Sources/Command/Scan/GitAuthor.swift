import Domain

/// Who made a commit or a tag, and when.
struct GitAuthor: Equatable {
    /// `Ann Author <ann@example.com>`.
    let name: String
    let date: Timestamp

    /// From the line `author` or `tagger` of an object's text; nil without one.
    init?(ofObject bytes: [UInt8]) {
        for line in bytes.split(separator: 0x0A, omittingEmptySubsequences: false) {
            // The message is behind an empty line.
            guard !line.isEmpty else { return nil }
            let text = String(decoding: line, as: UTF8.self)
            guard text.hasPrefix("author ") || text.hasPrefix("tagger ") else { continue }
            let words = text.dropFirst(7).split(separator: " ", omittingEmptySubsequences: false)
            guard words.count > 2, let seconds = Int64(words[words.count - 2]) else { return nil }
            self.init(name: words.dropLast(2).joined(separator: " "), seconds: seconds)
            return
        }
        return nil
    }

    /// - Parameter seconds: since 1970; git also has times that no calendar has.
    init(name: String, seconds: Int64) {
        self.name = FoundCredential.redacted(name)
        date = Timestamp(seconds: min(max(seconds, 0), 253_402_300_799))
    }
}
