import Foundation
import Testing

/// What the documents and the configuration files say, held against the tree itself.
struct TreeTests {
    @Test func `the README's table of folders is the tree's`() throws {
        let readme = try text(of: "README.md")
        let rows = readme.split(separator: "\n").compactMap { line -> String? in
            guard line.hasPrefix("| `"), let end = line.range(of: "/` |") else { return nil }
            return String(line[line.index(line.startIndex, offsetBy: 3)..<end.lowerBound])
        }
        #expect(rows.count == Set(rows).count)
        #expect(try Set(rows) == Tree.folders())
    }

    @Test func `documents are few, are found from the README, and link to what there is`() throws {
        let texts = try Tree.texts()
        let paths = Set(texts.map(\.path))
        let pages = paths.filter { $0.hasPrefix("docs/") }
        #expect((1...6).contains(pages.count))
        #expect(try pages.isSubset(of: links(in: text(of: "README.md"), from: "")))
        for page in pages.union(["README.md"]) {
            let folder = page.hasPrefix("docs/") ? "docs/" : ""
            #expect(try links(in: text(of: page), from: folder).subtracting(paths) == [], "\(page)")
        }
    }

    @Test func `only metrics that there are stand in rules, dashboards and documents`() throws {
        let catalogue = try metrics(in: text(of: "Sources/Telemetry/MetricsPage.swift"))
        #expect(catalogue.contains("latchkey_requests_total"))
        let families = catalogue.union(
            catalogue.flatMap { name in ["_bucket", "_sum", "_count"].map { name + $0 } })
        for (path, text) in try Tree.texts() where Self.namesMetrics(path) {
            #expect(metrics(in: text).subtracting(families) == [], "\(path)")
        }
    }

    @Test func `no file speaks of the workshop it was made in`() throws {
        let texts = try Tree.texts()
        #expect(texts.contains { $0.path == "Package.swift" })
        for (path, text) in texts where !path.hasSuffix("/TreeTests.swift") {
            let text = text.lowercased()
            #expect(Self.workshop.filter { text.contains($0) } == [], "\(path)")
        }
    }

    /// Phrases, not words: a model's or a provider's name may well stand in a proxy's sources.
    private static let workshop = [
        "/work/", "/tmp/brief", "issue #", "agent session", "coding agent", "claude code",
        "chatgpt wrote", "co-authored-by",
    ]

    private static func namesMetrics(_ path: String) -> Bool {
        path == "README.md" || ["prometheus/", "deploy/", "docs/"].contains { path.hasPrefix($0) }
    }

    /// Every word that begins like a metric of ours.
    private func metrics(in text: String) -> Set<String> {
        let words = text.split { !($0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_")) }
        return Set(words.filter { $0.hasPrefix("latchkey_") }.map(String.init))
    }

    /// The files that a page links to, by their path below the root; what is elsewhere is left out.
    private func links(in text: String, from folder: String) -> Set<String> {
        let targets = text.components(separatedBy: "](").dropFirst().compactMap { rest in
            rest.split(separator: ")", omittingEmptySubsequences: false).first.map(String.init)
        }
        return Set(targets.filter { !$0.contains("://") }.map { folder + $0.prefix { $0 != "#" } })
    }

    private func text(of path: String) throws -> String {
        try #require(try Tree.texts().first { $0.path == path }, "there is no \(path)").text
    }
}
