import Foundation
import Testing
import Vault

@testable import App

@Suite struct EnvironmentFileTests {
    func values(_ text: String) throws -> [String: String] {
        let entries = try EnvironmentFile(parsing: text, path: ".env").entries
        return Dictionary(uniqueKeysWithValues: entries.map { ($0.name, $0.value) })
    }

    @Test func `comments, empty lines, quotes, export and spaces are understood`() throws {
        let text = """
            # a comment
            A=plain value   # a comment
            \texport B = "quoted # value"  # a comment

            C='single "quoted"'
            D=
            E=a#b
            F=  # nothing
            """
        let expected = [
            "A": "plain value", "B": "quoted # value", "C": "single \"quoted\"", "D": "", "E": "a#b", "F": "",
        ]
        #expect(try values(text) == expected)
        #expect(try values("A=1\r\nB=2\r\n") == ["A": "1", "B": "2"])
        #expect(try values("A=a=b") == ["A": "a=b"])
    }

    @Test(arguments: ["LATCHKEY_LISTEN", "1A=b", "=b", "A B=c", "A=\"b", "A='b' c", "A-B=c", "Ä=c"])
    func `a malformed line is an error that names the file and the line`(_ line: String) {
        let error = #expect(throws: SettingsError.self) {
            try EnvironmentFile(parsing: "OK=1\n\(line)\n", path: "folder/.env")
        }
        #expect(error?.message.hasPrefix("folder/.env:2: ") == true)
    }

    /// Writes a `.env` for the body, with this mode.
    private func withFile(_ text: String, mode: mode_t, _ body: (String) throws -> Void) throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "env-\(UUID())").path
        try Data(text.utf8).write(to: URL(filePath: path))
        defer { try? FileManager.default.removeItem(atPath: path) }
        #expect(chmod(path, mode) == 0)
        try body(path)
    }

    @Test(arguments: [0o600, 0o400, 0o640, 0o644] as [mode_t])
    func `a file without a secret may be readable`(mode: mode_t) throws {
        try withFile("LATCHKEY_THREADS=2\nLATCHKEY_MASTER_KEY=\nSECRET=x", mode: mode) { path in
            let file = try EnvironmentFile(at: path)
            #expect(file?.entries.count == 3)
        }
    }

    @Test(arguments: ["LATCHKEY_MASTER_KEY", "LATCHKEY_ADMIN_KEY"], [0o640, 0o644, 0o602] as [mode_t])
    func `a file with a secret is its owner's alone`(_ name: String, mode: mode_t) throws {
        try withFile("LATCHKEY_THREADS=2\n\(name)='not this'", mode: mode) { path in
            let error = #expect(throws: SettingsError.self) { try EnvironmentFile(at: path) }
            let exposure = FileExposure(mode: mode, canChangeMode: true)
            #expect(error == .exposedFile(path: path, exposure, secret: name))
            #expect(error?.message.contains(name) == true && error?.message.contains("not this") == false)
            #expect(error?.hint == "run: chmod 600 \(path)")
        }
        try withFile("\(name)='not this'", mode: 0o600) { path in
            let file = try EnvironmentFile(at: path)
            #expect(file?.entries.count == 1)
        }
    }

    @Test(arguments: [0o664, 0o646, 0o666] as [mode_t])
    func `a file that others can change is refused, whatever it holds`(mode: mode_t) throws {
        try withFile("LATCHKEY_THREADS=2", mode: mode) { path in
            let error = #expect(throws: SettingsError.self) { try EnvironmentFile(at: path) }
            #expect(error?.hint == "run: chmod go-w \(path)")
        }
    }

    @Test func `only a file that is not there is none`() throws {
        let none = try EnvironmentFile(at: "/nonexistent/.env")
        #expect(none?.entries == nil)
        let error = #expect(throws: SettingsError.self) { try EnvironmentFile(at: "/") }
        #expect(error == .unreadableFile(path: "/", FileFailure(EISDIR, at: "/")))
        try withFile(String(repeating: "#", count: 1 << 20 + 1), mode: 0o600) { path in
            #expect(throws: SettingsError.self) { try EnvironmentFile(at: path) }
        }
    }

    @Test func `a name that stands twice is refused`() {
        #expect(
            throws: SettingsError.repeatedName(
                "A", .file(path: ".env", line: 3), first: .file(path: ".env", line: 1))
        ) { try EnvironmentFile(parsing: "A=1\nB=1\nA=1", path: ".env") }
    }
}
