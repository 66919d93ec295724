import Domain
import Testing

@Suite struct IdentifiersTests {
    @Test func `an id is its prefix and twelve base62 digits`() {
        #expect(ProjectID("proj_0123456789Az")?.description == "proj_0123456789Az")
        #expect(CredentialID(digits: Array("0123456789Az".utf8)).rawValue == "cred_0123456789Az")
        #expect(AccessTokenID("0123456789Az")?.rawValue == "0123456789Az")
    }

    @Test(arguments: [
        "", "proj_", "0123456789Az", "cred_0123456789Az", "proj_0123456789A", "proj_0123456789Azz",
        "proj_0123456789A-",
        "proj_0123456789A\u{0}", " proj_0123456789Az", "PROJ_0123456789Az",
    ])
    func `anything else is no project's id`(text: String) {
        #expect(ProjectID(text) == nil)
    }

    @Test func `base62 pads with zeros and keeps the low digits`() {
        #expect(Base62.encode(0, width: 6) == Array("000000".utf8))
        #expect(Base62.encode(61, width: 2) == Array("0z".utf8))
        #expect(Base62.encode(62, width: 2) == Array("10".utf8))
        #expect(Base62.encode(0xD6E5_57C7, width: 6) == Array("3vzhO3".utf8))
        #expect(Base62.alphabet.enumerated().allSatisfy { Base62.digit($1) == UInt8($0) })
    }

    @Test func `a request's id is sixteen digits in the order of the count`() {
        #expect(RequestID(process: 1, sequence: 62).description == "0000010000000010")
    }

    @Test func `a credential's hash is its 32 bytes`() {
        let bytes = (0..<32).map { UInt8($0) }
        #expect(CredentialHash(bytes: bytes)?.bytes == bytes)
        #expect(CredentialHash(bytes: bytes.dropLast()) == nil)
    }
}
