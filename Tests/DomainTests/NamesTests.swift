import Domain
import Testing

@Suite struct NamesTests {
    @Test(arguments: ["acme", "a", "0", "team-1_x.y", String(repeating: "a", count: 64)])
    func `a project's name may be what stands unquoted anywhere`(text: String) {
        #expect(ProjectName(text)?.rawValue == text)
    }

    @Test(arguments: [
        "", "Acme", "-a", ".a", "_a", "a b", "a/b", "ä", "a\n", String(repeating: "a", count: 65),
        "proj_000000000000",
    ])
    func `any other project name is refused, one shaped like an id too`(text: String) {
        #expect(ProjectName(text) == nil)
    }

    @Test func `a label takes what people write, but no control characters`() {
        #expect(Label("Bob's laptop 💻")?.rawValue == "Bob's laptop 💻")
        #expect(Label(String(repeating: "x", count: 100)) != nil)
        for text in ["", "a\nb", "a\u{0}", "\u{7F}", "\u{9B}31m", String(repeating: "x", count: 101)] {
            #expect(Label(text) == nil)
        }
    }
}
