import App
import Testing

@Suite struct VersionTests {
    private static let hash = String(repeating: "1a2b3c4d5e", count: 4)

    @Test func `a commit is told short, with its day, and whether the sources were its own`() throws {
        let commit = try #require(Version.Commit(parsing: "\(Self.hash) 2026-11-30T09:30:00Z"))
        #expect(commit.hash == Self.hash && commit.date == "2026-11-30T09:30:00Z" && !commit.isModified)
        #expect("\(commit)" == "1a2b3c4d5e1a of 2026-11-30")
        let modified = try #require(Version.Commit(parsing: "\(Self.hash) 2026-11-30T09:30:00Z modified"))
        #expect("\(modified)" == "1a2b3c4d5e1a of 2026-11-30, modified")
    }

    @Test(arguments: [
        "", hash, "\(hash) 2026-11-30", "\(hash) 2026-11-30T09:30:00Z dirty", "x \(hash)",
        "abc 2026-11-30T09:30:00Z",
    ])
    func `what no script printed is no commit`(_ text: String) {
        #expect(Version.Commit(parsing: text) == nil)
    }

    @Test func `a build that was told nothing says so`() {
        #expect(Version.commit == nil)
        #expect(Version.full == "\(Version.text) (unknown commit)")
    }
}
