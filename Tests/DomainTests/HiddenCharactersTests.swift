import Domain
import Testing

@Suite struct HiddenCharactersTests {
    @Test(arguments: [
        ("\u{1B}[2J", #"\u{1B}[2J"#), ("a\u{202E}b", #"a\u{202E}b"#), ("\u{2066}", #"\u{2066}"#),
        ("\u{200B}\u{200D}", #"\u{200B}\u{200D}"#), ("\u{AD}", #"\u{AD}"#), ("\u{FEFF}", #"\u{FEFF}"#),
        ("\u{85}\u{9B}\u{7F}", #"\u{85}\u{9B}\u{7F}"#), ("\u{2028}", #"\u{2028}"#),
        ("\u{3164}", #"\u{3164}"#), ("\u{E0041}", #"\u{E0041}"#), ("a\nb\t", #"a\u{A}b\u{9}"#),
    ])
    func `what steers a terminal or cannot be seen is spelled out`(_ text: String, _ escaped: String) {
        #expect(HiddenCharacters.escaped(text) == escaped)
        #expect(
            HiddenCharacters.escaped(text) { $0 == "\n" || $0 == "\t" }
                == escaped
                .replacing(#"\u{A}"#, with: "\n").replacing(#"\u{9}"#, with: "\t"))
    }

    @Test(arguments: ["Bob's laptop 💻", "Żółć", "日本語", "מפתח", "❤️", "a\u{301}", "", "\\u{202E}", "…"])
    func `what can be seen stays as it is`(_ text: String) {
        #expect(HiddenCharacters.escaped(text) == text)
        #expect(HiddenCharacters.escapedJSON(text) == text)
    }

    @Test func `in JSON they are escapes that mean the same`() throws {
        let text = "{\n \"name\": \"a\u{202E}\u{E0041}\u{7F}é\"}"
        let escaped = HiddenCharacters.escapedJSON(text)
        #expect(escaped == "{\n \"name\": \"a\\u202e\\udb40\\udc41\\u007fé\"}")
        #expect(try JSONValue(parsing: Array(escaped.utf8)) == JSONValue(parsing: Array(text.utf8)))
    }

    @Test(arguments: ["bo\u{202E}b", "bob\u{200B}", "\u{2069}", "b\u{AD}b", "\u{E0001}", "\u{3164}"])
    func `a new name has no character that deceives, and an old one stays readable`(_ name: String) throws {
        #expect(try #require(Label(name)).isPlain == false)
        #expect(throws: LabelSet.Malformed.value("team")) { try LabelSet().merging(["team": name]) }
        let kept = try LabelSet(["team": name])
        #expect(try kept.merging(["env": "prod"])["team"] == name)
        #expect(try kept.merging(["team": nil]).isEmpty)
    }

    @Test(arguments: ["Bob's laptop 💻", "می‌خواهم", "👩‍💻", "❤️"])
    func `names of every script and emoji are plain`(_ name: String) throws {
        #expect(try #require(Label(name)).isPlain)
    }
}
