import Domain
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
            #expect(objects.findings.map(\.credential.text) == ["access token lk_000000000001_…"])
            #expect(objects.findings.first?.hash == "aa" && objects.findings.first?.line == 2)
            #expect(objects.findings.first?.type == .blob && objects.commits == 1)
        }
        for text in ["aa missing\n", "aa blob x\n", String(repeating: "a", count: 300), "aa blob 3\nab"] {
            var objects = GitObjects()
            Array(text.utf8).withUnsafeBytes { objects.read($0) }
            #expect(!objects.isComplete, "\(text)")
        }
    }

    @Test func `a find in a message has its author, however long and however cut the object is`() throws {
        let parents = String(repeating: "parent \(String(repeating: "b", count: 40))\n", count: 60)
        let message = """
            tree \(String(repeating: "a", count: 40))
            \(parents)author Ann \(Self.vector) <ann@example.com> 1796030544 +0100
            committer Bob <bob@example.com> 1 +0000

            author Eve <eve@example.com> 2 +0000
            \(Self.management)
            """
        let text = Array("cc commit \(message.utf8.count)\n\(message)\n".utf8)
        for size in [1, 7, 1000, text.count] {
            var objects = GitObjects()
            for start in stride(from: 0, to: text.count, by: size) {
                Array(text[start..<min(start + size, text.count)]).withUnsafeBytes { objects.read($0) }
            }
            #expect(objects.findings.map(\.credential.id) == ["000000000001", "Latchkey0123"])
            let author = try #require(objects.findings.last?.author)
            #expect(author.name == "Ann lk_000000000001_… <ann@example.com>")
            #expect(author.date.rfc3339 == "2026-11-30T09:22:24.000Z")
        }
        #expect(GitAuthor(ofObject: Array("tree x\n\nauthor Eve <e> 2 +0000".utf8)) == nil)
    }

    @Test func `the log of git is read however the pieces fall, and paths may begin with anything`() {
        let zeros = String(repeating: "0", count: 40)
        let (one, two) = (String(repeating: "1", count: 40), String(repeating: "2", count: 40))
        let text = Array(
            ("c2 1796030544 Ann  B <a@b>\0\0::000000 000000 100644 \(zeros) \(zeros) \(two) AA\0:path\0"
                + "c1 1 Bob <b@c>\0\n:000000 100644 \(zeros) \(one) A\0c0 2 x\0:100644 000000 \(one) "
                + "\(zeros) D\0gone\0c0 0 Bob <b@c>\0").utf8)
        for size in 1...text.count {
            var log = GitLog()
            var found: [String] = []
            for start in stride(from: 0, to: text.count, by: size) {
                Array(text[start..<min(start + size, text.count)]).withUnsafeBytes { piece in
                    log.read(piece) { commit, blob, path in
                        found.append(
                            "\(commit.hash) \(commit.author.name) \(blob.prefix(1)) "
                                + "\(String(decoding: path, as: UTF8.self))"
                        )
                    }
                }
            }
            #expect(!log.isMalformed)
            #expect(
                found == ["c2 Ann  B <a@b> 2 :path", "c1 Bob <b@c> 1 c0 2 x", "c1 Bob <b@c> 0 gone"],
                "by \(size)")
        }
        for text in ["c2 x Ann\0", ":1 2\0", "c2\0"] {
            var log = GitLog()
            Array(text.utf8).withUnsafeBytes { log.read($0) { _, _, _ in } }
            #expect(log.isMalformed, "\(text)")
        }
    }

    @Test func `a name that is a secret is shown without it`() {
        #expect(FoundCredential.redacted("a/\(Self.vector).txt") == "a/lk_000000000001_….txt")
        #expect(
            FoundCredential.redacted("\(Self.vector)\(Self.management)")
                == "lk_000000000001_…lkm_Latchkey0123_…")
        #expect(FoundCredential.redacted("plain") == "plain")
    }

    @Test func `git is run without the surroundings of a hook, and without our key`() {
        let kept = GitProcess.environment([
            "PATH": "/bin", "HOME": "/home/a", "GIT_DIR": "/other", "GIT_INDEX_FILE": "x",
            "GIT_WORK_TREE": "/y",
            "GIT_CONFIG_COUNT": "1", "LATCHKEY_ADMIN_KEY": "secret",
        ])
        #expect(kept["PATH"] == "/bin" && kept["HOME"] == "/home/a" && kept["GIT_CONFIG_COUNT"] == "1")
        #expect(kept["GIT_DIR"] == nil && kept["GIT_INDEX_FILE"] == nil && kept["GIT_WORK_TREE"] == nil)
        #expect(kept["LATCHKEY_ADMIN_KEY"] == nil && kept["LC_ALL"] == "C")
    }

    @Test func `why git did not answer is told with what to do`() {
        func trouble(_ status: Int32, _ complaint: String) -> ScanTrouble {
            GitFailure(folder: "src", status: status, complaint: complaint).trouble
        }
        let refused = trouble(
            128,
            "fatal: detected dubious ownership in repository at '/srv/app'\nTo add an exception for this "
                + "directory, call:\n"
        )
        #expect(
            refused.message
                == "cannot read the git history of src: it belongs to another user, and git refuses to "
                + "read it"
        )
        #expect(refused.hint?.contains("git config --global --add safe.directory /srv/app") == true)
        #expect(trouble(127, "env: git: No such file").message.hasSuffix("git is not installed"))
        #expect(
            trouble(128, "warning: x\nfatal: not a git repository\n").message
                == "cannot read the git history of src: not a git repository")
        #expect(trouble(1, "").message.hasSuffix("git failed"))
    }

    @Test func `of a text only its credentials are kept, each once`() {
        var text = LeakedText()
        let bytes = Array("canary \(Self.vector)\(Self.management) canary \(Self.vector)".utf8)
        bytes.withUnsafeBytes { text.scan($0) }
        #expect(String(decoding: text.credentials, as: UTF8.self) == "\(Self.vector)\n\(Self.management)\n")
    }
}
