/// A project's name: unique, 1 to 64 of `a-z 0-9 - _ .`, beginning with a letter or digit, so that it stands
/// unquoted in a command line, a URL and a metric label. Never shaped like a project's id.
package struct ProjectName: Hashable, Sendable, CustomStringConvertible {
    package static let rule =
        "1 to 64 characters of a-z, 0-9, '-', '_' and '.', beginning with a letter or a digit"
    package let rawValue: String

    /// nil where the text breaks ``rule``.
    package init?(_ text: String) {
        let bytes = Array(text.utf8)
        let isAlphanumeric = { (byte: UInt8) in (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte) }
        guard (1...64).contains(bytes.count), let first = bytes.first, isAlphanumeric(first),
            bytes.allSatisfy({ isAlphanumeric($0) || $0 == 0x2D || $0 == 0x5F || $0 == 0x2E }),
            ProjectID(text) == nil
        else { return nil }
        rawValue = text
    }

    package var description: String { rawValue }
}

/// What a person calls an access token, a credential or a management key: 1 to 100 characters, none of them a
/// control character. Not unique. What is kept may be older than the rule on invisible characters, see
/// ``isPlain``.
package struct Label: Hashable, Sendable, CustomStringConvertible {
    package static let rule = "1 to 100 characters, none of them a control character or invisible"
    package let rawValue: String

    /// False where characters are in it that deceive a reader: a new label has none.
    package var isPlain: Bool { !rawValue.unicodeScalars.contains(where: HiddenCharacters.isRefusedInNames) }

    /// nil where the text breaks ``rule``, but for invisible characters.
    package init?(_ text: String) {
        guard (1...100).contains(text.count), text.utf8.count <= 400,
            text.unicodeScalars.allSatisfy({ $0.value >= 0x20 && !(0x7F...0x9F).contains($0.value) })
        else { return nil }
        rawValue = text
    }

    package var description: String { rawValue }
}
