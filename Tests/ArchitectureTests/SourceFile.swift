import Foundation

/// One Swift file below `Sources/` or of `web/`, as the rules of the house look at it.
struct SourceFile: CustomStringConvertible {
    struct Import: Hashable {
        /// `package`, `public`, `@testable` …; empty for most.
        let modifiers: String
        let module: String
    }

    /// The folder right below `Sources/`; `Web` for `web/`, which is a module of its own.
    let module: String
    /// Below the repository's root, for messages.
    let path: String
    let lines: [Substring]

    var description: String { path }

    /// The lines that begin with `import`, whatever stands before the word.
    var imports: [Import] {
        lines.compactMap { line in
            let words = line.split(separator: " ")
            guard let index = words.firstIndex(of: "import"), index + 1 < words.count,
                words[..<index].allSatisfy({ $0.first == "@" || Self.modifiers.contains($0) })
            else { return nil }
            // `import struct Foundation.URL`
            let kinds: Set<Substring> = [
                "struct", "class", "enum", "protocol", "func", "var", "let", "typealias",
            ]
            let name =
                kinds.contains(words[index + 1]) && index + 2 < words.count
                ? words[index + 2] : words[index + 1]
            return Import(
                modifiers: words[..<index].joined(separator: " "),
                module: String(name.prefix { $0 != "." && $0 != ";" }))
        }
    }

    private static let modifiers: Set<Substring> = [
        "public", "package", "internal", "fileprivate", "private",
    ]

    /// All of them, by path. Empty folders are no modules.
    static func all() throws -> [SourceFile] {
        try files(below: "Sources") { String($0.prefix { $0 != "/" }) } + files(below: "web") { _ in "Web" }
    }

    private static func files(
        below folder: String, module: (String) -> String
    ) throws -> [SourceFile] {
        let url = root.appending(path: folder).standardizedFileURL
        let names = try FileManager.default.subpathsOfDirectory(atPath: url.path)
        return try names.filter { $0.hasSuffix(".swift") }.sorted().map { name in
            let text = try String(contentsOf: url.appending(path: name), encoding: .utf8)
            return SourceFile(
                module: module(name), path: "\(folder)/\(name)",
                lines: text.split(separator: "\n", omittingEmptySubsequences: false))
        }
    }

    /// The repository's root: three folders up from here.
    static var root: URL {
        URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
    }
}
