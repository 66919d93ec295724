import Testing
import Vault

@Suite struct CredentialReferenceTests {
    private static let tail = "003aUlTJC7tjlCTQj2uNU3MFagCXG9LRKRcwGkBIDlf3vzhO3"

    @Test(arguments: [
        "lk_000000000001", "lk_000000000001_", "lk_000000000001_…", "lk_000000000001_...",
        "lk_000000000001_***",
    ])
    func `a credential is named by its id with its prefix, and by what scans show of it`(_ text: String)
        throws
    {
        let reference = try #require(CredentialReference(text))
        #expect(reference.kind == .accessToken && reference.id == "000000000001" && !reference.heldSecret)
        #expect(reference.publicText == "lk_000000000001")
    }

    @Test func `the id alone may be of any kind`() throws {
        let reference = try #require(CredentialReference("Latchkey0123"))
        #expect(reference.kind == nil && reference.publicText == "Latchkey0123" && !reference.heldSecret)
    }

    @Test(arguments: [
        ("lk_", CredentialKind.accessToken), ("lkm_", .managementKey), ("lki_", .invitation),
    ])
    func `of a whole text nothing of the secret is kept`(_ prefix: String, _ kind: CredentialKind) throws {
        for tail in [Self.tail, String(Self.tail.dropLast()), "0"] {
            let reference = try #require(CredentialReference("\(prefix)000000000001_\(tail)"))
            #expect(reference.kind == kind && reference.heldSecret)
            #expect(reference.publicText == prefix + "000000000001")
        }
    }

    @Test(arguments: [
        "", "bob", "00000000000", "0000000000012", "lk_", "lk_00000000000", "lk_0000000000012",
        "lk_000000000001-x",
        "lk_000000000001_ä", "lk_000000000001_…x", "000000000001_", "000000000001_…", "lkx_000000000001",
        "sk_000000000001",
        "lk_000000000001_a b",
    ])
    func `any other text is none`(_ text: String) { #expect(CredentialReference(text) == nil) }
}
