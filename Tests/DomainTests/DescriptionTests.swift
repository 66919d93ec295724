import Testing

@testable import Domain

@Suite struct DescriptionTests {
    @Test func `a description is a text of 1 to 500 code points`() {
        for text in ["a", "Search team, paid by marketing 🧑‍🚀", String(repeating: "ß", count: 500)] {
            #expect(Description(text)?.rawValue == text)
        }
        #expect(Description("") == nil)
        #expect(Description(String(repeating: "x", count: 501)) == nil)
    }

    @Test(arguments: ["a\nb", "a\u{0}b", "a\u{7F}", "a\u{202E}b", "\u{200B}", "a\u{2028}b"])
    func `nothing in it deceives its reader`(_ text: String) {
        #expect(Description(text) == nil)
    }
}
