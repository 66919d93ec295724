@testable import App

/// A `.env` file gives names that are names, each once, and values that read the same when they are quoted;
/// or an error that names a line of the file.
enum EnvironmentPromises {
    static func check(_ input: [UInt8]) throws(BrokenPromise) {
        // What is no UTF-8 has been refused before.
        guard let text = String(validating: input, as: UTF8.self) else { return }
        let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).count
        let entries: [EnvironmentFile.Entry]
        do throws(SettingsError) {
            entries = try EnvironmentFile(parsing: text, path: "f").entries
        } catch {
            let line = error.message.dropFirst(2).prefix { $0 != ":" }
            let isNamed = error.message.hasPrefix("f:") && (1...lines).contains(Int(line) ?? 0)
            return try BrokenPromise.unless(isNamed, "an error names a line of the file")
        }
        try BrokenPromise.unless(Set(entries.map(\.name)).count == entries.count, "a name stands once")
        for entry in entries {
            let isName = entry.name.utf8.allSatisfy { byte in
                byte == 0x5F || (byte < 0x80 && Character(Unicode.Scalar(byte)).isLetter)
                    || (0x30...0x39).contains(byte)
            }
            try BrokenPromise.unless(isName && entry.name.first?.isNumber == false, "a name is one")
            try BrokenPromise.unless(!entry.value.contains(where: \.isNewline), "a value is of one line")
            guard let quoted = quoted(entry.value) else { continue }
            let again = try? EnvironmentFile(parsing: "export \(entry.name)=\(quoted) # x", path: "f").entries
            try BrokenPromise.unless(again?.map(\.value) == [entry.value], "a quoted value reads the same")
        }
    }

    /// Nil where there is no quote for it.
    private static func quoted(_ value: String) -> String? {
        for quote in ["\"", "'"] where !value.unicodeScalars.contains(where: { String($0) == quote }) {
            let quoted = quote + value + quote
            // Marks that join with the quote make another character of it.
            if quoted.count == value.count + 2, quoted.first == quote.first { return quoted }
        }
        return nil
    }
}
