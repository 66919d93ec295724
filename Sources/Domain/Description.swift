/// What a project or an access token is for, in words, for those who manage them: 1 to 500 code points, none
/// of them a control character or invisible.
package struct Description: Hashable, Sendable, CustomStringConvertible {
    package static let rule = "1 to 500 characters, none of them a control character or invisible"
    package let rawValue: String

    /// nil if the text breaks ``rule``.
    package init?(_ text: String) {
        let scalars = text.unicodeScalars
        guard (1...500).contains(scalars.count), !scalars.contains(where: HiddenCharacters.isRefusedInNames)
        else { return nil }
        rawValue = text
    }

    package var description: String { rawValue }
}
