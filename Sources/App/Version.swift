import CBuild

/// The release this is built from, and the commit, as far as the build told it: `scripts/build` does, a plain
/// `swift build` does not.
package enum Version {
    package static let text = "0.1.0"

    /// nil where it is unknown.
    package static let commit: Commit? = lk_build().flatMap { Commit(parsing: String(cString: $0)) }

    /// `0.1.0 (commit 1a2b3c4d5e6f of 2026-11-30)`, for people.
    package static var full: String { "\(text) (\(commit.map { "commit \($0)" } ?? "unknown commit"))" }

    package struct Commit: Equatable, CustomStringConvertible, Sendable {
        /// 40 hexadecimal digits, or 64.
        package let hash: String
        /// When it was made, RFC 3339 in UTC.
        package let date: String
        /// The sources were not all as they are in it.
        package let isModified: Bool

        /// As `scripts/commit` prints it: `HASH DATE`, and `modified` behind another space. nil for another
        /// text.
        package init?(parsing text: String) {
            let words = text.split(separator: " ").map(String.init)
            guard words.count == 2 || words.count == 3 && words[2] == "modified", words[0].count >= 40,
                words[0].allSatisfy(\.isHexDigit), words[1].count == 20, words[1].hasSuffix("Z")
            else { return nil }
            (hash, date, isModified) = (words[0], words[1], words.count == 3)
        }

        /// `1a2b3c4d5e6f of 2026-11-30`.
        package var description: String {
            "\(hash.prefix(12)) of \(date.prefix(10))\(isModified ? ", modified" : "")"
        }
    }
}
