import Domain
import Testing

struct ModelPatternTests {
    @Test(
        arguments: [
            ("gpt-4.1", ["gpt-4.1"], ["gpt-4.1-mini", "gpt-4", "GPT-4.1", "gpt-4x1", ""]),
            ("gpt-4.1*", ["gpt-4.1", "gpt-4.1-mini", "gpt-4.1*"], ["gpt-4.", "xgpt-4.1", "Gpt-4.1"]),
            ("*", ["", "x", "*"], []), ("**", ["", "x"], []),
            ("*-mini", ["gpt-mini", "-mini", "a-mini-mini"], ["mini", "a-mini-"]),
            ("a*b*c", ["abc", "aXbYc", "abbcbc", "aab-bcc"], ["ab", "acb", "abcX"]),
            ("ft:*:acme:*", ["ft:gpt-4o:acme::1", "ft::acme:"], ["ft:gpt-4o:other::1"]),
            ("*a*", ["a", "bab"], ["", "b"]),
            ("é*", ["é", "été".replacing("t", with: "x")], ["e", "E\u{301}"]),
        ] as [(String, [String], [String])])
    func `a pattern matches its models and no others`(text: String, models: [String], others: [String]) throws
    {
        let pattern = try #require(ModelPattern(text))

        #expect(pattern.description == text)
        for model in models { #expect(pattern.matches(model), "\(model)") }
        for model in others { #expect(!pattern.matches(model), "\(model)") }
    }

    @Test func `many stars cost no more than the lengths' product`() throws {
        let pattern = try #require(ModelPattern(String(repeating: "a*", count: 63) + "b"))

        #expect(!pattern.matches(String(repeating: "a", count: 256)))
    }

    @Test(arguments: ["", " ", "a b", "a\n", "\u{7F}", String(repeating: "x", count: 129)])
    func `what is no name is no pattern`(text: String) { #expect(ModelPattern(text) == nil) }
}
