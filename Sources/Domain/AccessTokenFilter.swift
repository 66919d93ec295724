/// Which access tokens are meant, of a list or of a revocation: those that fit all that is given.
package struct AccessTokenFilter: Hashable, Sendable {
    package var project: ProjectID?
    package var status: AccessToken.Status?
    package var owner: Label?
    package var label: LabelValue?
    package var name: NamePattern?
    /// Stands somewhere in its name or its owner, in any case of letters, or is its id.
    package var text: SearchText?
    /// Not admitted since then, nor made since.
    package var unusedSince: Timestamp?
    /// Only honey tokens, or only others. nil is both in a list, and others in a revocation: whoever clears
    /// up does not mean the bait.
    package var isHoney: Bool?

    package init() {}

    package init(project: ProjectID?) { self.project = project }

    /// Every access token fits.
    package var isEmpty: Bool { self == AccessTokenFilter() }

    /// One label and its value, as `team:search`.
    package struct LabelValue: Hashable, Sendable {
        package let name: String
        package let value: String

        /// nil where it is no label's name, a colon and a value.
        package init?(_ text: String) {
            guard let colon = text.firstIndex(of: ":") else { return nil }
            let name = String(text[..<colon])
            let value = String(text[text.index(after: colon)...])
            guard (try? LabelSet([name: value])) != nil else { return nil }
            self.name = name
            self.value = value
        }

        package var description: String { "\(name):\(value)" }
    }

    /// A name with `*` for any part of it and `?` for any one character, in any case of the letters A to Z.
    package struct NamePattern: Hashable, Sendable {
        package static let rule = "1 to 100 characters, '*' for any part of a name and '?' for one character"
        package let rawValue: String

        package init?(_ text: String) {
            guard (1...100).contains(text.count), text.utf8.count <= 400 else { return nil }
            rawValue = text
        }
    }

    package struct SearchText: Hashable, Sendable {
        package static let rule = "1 to 100 characters"
        package let rawValue: String

        package init?(_ text: String) {
            guard (1...100).contains(text.count), text.utf8.count <= 400 else { return nil }
            rawValue = text
        }
    }
}
