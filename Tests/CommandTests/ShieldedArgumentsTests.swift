import Testing
import Vault

@testable import Command

@Suite struct ShieldedArgumentsTests {
    private static let secret = "003aUlTJC7tjlCTQj2uNU3MFagCXG9LRKRcwGkBIDlf3vzhO3"
    private static let whole = "lk_000000000001_" + secret

    @Test(arguments: [
        (whole, "lk_000000000001"), ("--token=\(whole)", "--token=lk_000000000001"),
        (
            "https://llm.example.com/claim#lki_000000000001_\(secret)",
            "https://llm.example.com/claim#lki_000000000001"
        ),
        ("key of\(whole), and \(whole)", "key oflk_000000000001, and lk_000000000001"),
        ("lkm_Latchkey0123_\(secret)", "lkm_Latchkey0123"),
    ])
    func `of a whole credential only the public part goes on, and it is told`(
        _ argument: String, _ shielded: String
    ) {
        let found = ShieldedArguments(["token", argument])
        #expect(found.arguments == ["token", shielded])
        #expect(found.exposed.count == 1)
    }

    @Test func `a part of a secret goes on no more than the whole, but is as safe as it was`() {
        let found = ShieldedArguments(["lk_000000000001_003aUlTJC7tj", "lk_000000000001_0"])
        #expect(found.arguments == ["lk_000000000001", "lk_000000000001"])
        #expect(found.exposed.isEmpty)
        let checksumGone = ShieldedArguments([String(Self.whole.dropLast(6))])
        #expect(checksumGone.exposed.count == 1)
    }

    @Test(arguments: [
        "lk_000000000001", "lk_000000000001_…", "lk_000000000001_", "000000000001", "bob",
        "talk_abcdefghijkl_x", "-", "",
        "lk_short_x", "sk-proj-000000000001_abc",
    ])
    func `anything else is left alone`(_ argument: String) {
        let found = ShieldedArguments([argument])
        #expect(found.arguments == [argument] && found.exposed.isEmpty)
    }
}
