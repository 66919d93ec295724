/// A `.env` file, read strictly: a line that is none is an error, never skipped.
///
/// ```
/// # a comment
/// NAME=value        # an unquoted value ends at the line's end or before ' #'
/// export NAME="a value # with anything but a double quote"
/// NAME='or but a single quote'
/// ```
/// There are no escapes and no `$` expansions. A name that stands twice is an error.
struct EnvironmentFile {
    struct Entry: Equatable {
        var name: String
        var value: String
        var origin: SettingOrigin
    }

    let entries: [Entry]

    init(parsing text: String, path: String) throws(SettingsError) {
        var entries: [Entry] = []
        let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        for (index, line) in lines.enumerated() {
            let origin = SettingOrigin.file(path: path, line: index + 1)
            guard let entry = try Self.entry(line, at: origin) else { continue }
            if let first = entries.first(where: { $0.name == entry.name }) {
                throw .repeatedName(entry.name, origin, first: first.origin)
            }
            entries.append(entry)
        }
        self.entries = entries
    }

    /// nil where the line is empty or a comment.
    private static func entry(_ line: Substring, at origin: SettingOrigin) throws(SettingsError) -> Entry? {
        var line = trim(line)
        guard let first = line.first, first != "#" else { return nil }
        if line.hasPrefix("export ") { line = trim(line.dropFirst(7)) }
        guard let equals = line.firstIndex(of: "=") else {
            throw .malformedLine(origin, reason: "there is no '=' in this line")
        }
        let name = line[..<equals]
        let isName = name.utf8.allSatisfy { byte in
            (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte)
                || byte == 0x5F
        }
        guard isName, let initial = name.first, !("0"..."9").contains(initial) else {
            throw .malformedLine(origin, reason: "what stands before '=' is no name")
        }
        let value = try value(trim(line[line.index(after: equals)...]), at: origin)
        return Entry(name: String(name), value: value, origin: origin)
    }

    private static func value(_ text: Substring, at origin: SettingOrigin) throws(SettingsError) -> String {
        guard let quote = text.first, quote == "\"" || quote == "'" else {
            if text.first == "#" { return "" }
            let previous = text.indices.dropFirst().first { index in
                text[index] == "#" && text[text.index(before: index)].isWhitespace
            }
            return String(trim(text[..<(previous ?? text.endIndex)]))
        }
        let inner = text.dropFirst()
        guard let end = inner.firstIndex(of: quote) else {
            throw .malformedLine(origin, reason: "the quoted value is not closed")
        }
        let rest = trim(inner[inner.index(after: end)...])
        guard rest.isEmpty || rest.first == "#" else {
            throw .malformedLine(origin, reason: "something follows the quoted value")
        }
        return String(inner[..<end])
    }

    private static func trim(_ text: Substring) -> Substring {
        var text = text
        while text.first?.isWhitespace == true { text.removeFirst() }
        while text.last?.isWhitespace == true { text.removeLast() }
        return text
    }
}
