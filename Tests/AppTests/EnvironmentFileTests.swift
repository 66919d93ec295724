import Testing

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

    @Test func `a name that stands twice is refused`() {
        #expect(
            throws: SettingsError.repeatedName(
                "A", .file(path: ".env", line: 3), first: .file(path: ".env", line: 1))
        ) { try EnvironmentFile(parsing: "A=1\nB=1\nA=1", path: ".env") }
    }
}
