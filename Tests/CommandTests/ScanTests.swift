import Foundation
import Testing
import Vault

@testable import Command

@Suite struct ScanTests {
    private static let vector = "lk_000000000001_003aUlTJC7tjlCTQj2uNU3MFagCXG9LRKRcwGkBIDlf3vzhO3"
    private static let management = "lkm_Latchkey0123_yhjskwdA6OZ1AL1YmHWZWm8LLG7HjnuCA2j5rOw8Xp11dpV40"

    private func withFolder(_ body: (URL) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "scan-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try body(folder)
    }

    @Test func `files and folders are gone through, with the line of each find and never its secret`() throws
    {
        try withFolder { folder in
            try FileManager.default.createDirectory(
                at: folder.appending(path: "a/b"), withIntermediateDirectories: true)
            try Data("one\ntwo \(Self.vector)\n\n\(Self.management)".utf8).write(
                to: folder.appending(path: "a/b/text"))
            try Data([0, 0xFF, 0x0A] + Self.vector.utf8 + [0]).write(to: folder.appending(path: "binary"))
            try Data("nothing".utf8).write(to: folder.appending(path: "other"))
            let outside = folder.appending(path: "a/b/text").path
            try FileManager.default.createSymbolicLink(
                atPath: folder.appending(path: "link").path, withDestinationPath: outside)
            try FileManager.default.createSymbolicLink(
                atPath: folder.appending(path: "loop").path, withDestinationPath: folder.path)
            var scan = FileScan()
            scan.scan(folder.path)
            #expect(scan.troubles.isEmpty)
            #expect(
                scan.findings.map(\.text) == [
                    "\(folder.path)/a/b/text:2: access token lk_000000000001_…",
                    "\(folder.path)/a/b/text:4: management key lkm_Latchkey0123_…",
                    "\(folder.path)/binary:2: access token lk_000000000001_…",
                ])
            var linked = FileScan()
            linked.scan(folder.appending(path: "link").path)
            #expect(linked.findings.count == 2)
            var missing = FileScan()
            missing.scan(folder.appending(path: "missing").path)
            #expect(missing.findings.isEmpty && missing.troubles.count == 1)
        }
    }

    @Test func `the line is right wherever the pieces end`() {
        let text = Array("\n\nx\(Self.vector)\n\(Self.management)\n".utf8)
        for cut in text.indices {
            var lines = LineScan()
            var found: [Int] = []
            for piece in [text[..<cut], text[cut...]] {
                Array(piece).withUnsafeBytes { lines.scan($0) { found.append($1) } }
            }
            #expect(found == [3, 4], "cut at \(cut)")
        }
    }

    @Test func `objects of git are told apart however the pieces fall`() {
        let file = "\n" + Self.vector
        let text = Array(
            "aa blob \(file.utf8.count)\n\(file)\nbb blob 0\n\ncc commit 9\nlk_short\n\n".utf8)
        for size in 1...text.count {
            var objects = GitObjects()
            for start in stride(from: 0, to: text.count, by: size) {
                Array(text[start..<min(start + size, text.count)]).withUnsafeBytes { objects.read($0) }
            }
            #expect(objects.isComplete)
            #expect(objects.findings.map(\.text) == ["blob aa:2: access token lk_000000000001_…"])
        }
        for text in ["aa missing\n", "aa blob x\n", String(repeating: "a", count: 300), "aa blob 3\nab"] {
            var objects = GitObjects()
            Array(text.utf8).withUnsafeBytes { objects.read($0) }
            #expect(!objects.isComplete, "\(text)")
        }
    }

    @Test func `of a text only its credentials are kept, each once`() {
        var text = LeakedText()
        let bytes = Array("canary \(Self.vector)\(Self.management) canary \(Self.vector)".utf8)
        bytes.withUnsafeBytes { text.scan($0) }
        #expect(String(decoding: text.credentials, as: UTF8.self) == "\(Self.vector)\n\(Self.management)\n")
    }
}
