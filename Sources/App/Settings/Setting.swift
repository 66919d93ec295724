/// One setting, declared once: its name, default, meaning, and how its text becomes a value.
///
/// The start, `.env.example` and the check for unknown names all go by ``Setting/all``.
package struct Setting<Value: Sendable>: Sendable {
    package let declaration: SettingDeclaration
    /// Throws the reason as a clause that can follow "is not valid:".
    let parse: @Sendable (String) throws(InvalidSetting) -> Value

    /// - Parameter initial: the default, as a person would write it; nil where leaving the setting out is a
    /// value.
    init(
        _ name: String, _ kind: String, default initial: String?, _ summary: String, isSecret: Bool = false,
        parse: @escaping @Sendable (String) throws(InvalidSetting) -> Value
    ) {
        declaration = SettingDeclaration(
            name: name, kind: kind, initial: initial, summary: summary, isSecret: isSecret)
        self.parse = parse
    }
}

/// What people and tests may know of a setting.
package struct SettingDeclaration: Hashable, Sendable {
    package let name: String
    /// What its text looks like: `host:port`, `duration`, …
    package let kind: String
    package let initial: String?
    /// One line that says what it does.
    package let summary: String
    /// A secret's value is held in a secret type from the moment it is read, and is shown nowhere.
    package let isSecret: Bool

    /// Its two lines in `.env.example`.
    package var example: String { "# \(summary) [\(kind)]\n#\(name)=\(initial ?? "")\n" }
}

/// Why a setting's text is no value of it.
struct InvalidSetting: Error {
    let reason: String
    init(_ reason: String) { self.reason = reason }
}
