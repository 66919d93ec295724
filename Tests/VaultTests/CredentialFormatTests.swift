import Domain
import Testing
import Vault

@Suite struct CredentialFormatTests {
    private static let vector = "lk_000000000001_003aUlTJC7tjlCTQj2uNU3MFagCXG9LRKRcwGkBIDlf3vzhO3"
    /// 43 digits for 2^256 - 1, the largest secret there is.
    private static let largest = "lkm_Latchkey0123_yhjskwdA6OZ1AL1YmHWZWm8LLG7HjnuCA2j5rOw8Xp11dpV40"

    private static func isWellFormed(_ text: String, _ kind: CredentialKind) -> Bool {
        Array(text.utf8).withUnsafeBytes { CredentialFormat.isWellFormed($0, kind: kind) }
    }

    @Test func `the published vector is well-formed, as its own kind only`() {
        #expect(Self.isWellFormed(Self.vector, .accessToken))
        #expect(!Self.isWellFormed(Self.vector, .managementKey))
        #expect(Self.isWellFormed(Self.largest, .managementKey))
        let id = Array(Self.vector.utf8).withUnsafeBytes { CredentialFormat.id(of: $0, kind: .accessToken) }
        #expect(id == Array("000000000001".utf8))
    }

    @Test func `every change of one character is refused`() {
        let bytes = Array(Self.vector.utf8)
        for index in bytes.indices {
            for replacement in Array("0Az_-\0".utf8) where replacement != bytes[index] {
                var changed = bytes
                changed[index] = replacement
                #expect(!changed.withUnsafeBytes { CredentialFormat.isWellFormed($0, kind: .accessToken) })
            }
        }
    }

    @Test func `every other length is refused`() {
        for count in 0..<Self.vector.utf8.count {
            #expect(!Self.isWellFormed(String(Self.vector.prefix(count)), .accessToken))
        }
        #expect(!Self.isWellFormed(Self.vector + "0", .accessToken))
        #expect(!Self.isWellFormed(Self.vector + "\n", .accessToken))
    }

    @Test func `a secret of 2^256 is refused even with the right checksum`() {
        let body = "Latchkey0123_yhjskwdA6OZ1AL1YmHWZWm8LLG7HjnuCA2j5rOw8Xp2"
        let checksum = String(decoding: Base62.encode(UInt64(Self.crc(body)), width: 6), as: UTF8.self)
        #expect(!Self.isWellFormed("lkm_" + body + checksum, .managementKey))
        let below = "Latchkey0123_yhjskwdA6OZ1AL1YmHWZWm8LLG7HjnuCA2j5rOw8Xp0"
        let sum = String(decoding: Base62.encode(UInt64(Self.crc(below)), width: 6), as: UTF8.self)
        #expect(Self.isWellFormed("lkm_" + below + sum, .managementKey))
    }

    @Test(arguments: CredentialKind.allCases)
    func `what is minted is well-formed, hashed and never the same`(kind: CredentialKind) {
        let (ring, _) = KeyRing.generate(masterKey: .generate())
        var hashes: Set<CredentialHash> = []
        for _ in 0..<50 {
            let minted = ring.mint(kind)
            #expect(minted.text.byteCount == CredentialFormat.byteCount(of: kind))
            minted.text.withUnsafeBytes { text in
                #expect(CredentialFormat.isWellFormed(text, kind: kind))
                #expect(CredentialFormat.id(of: text, kind: kind) == minted.idDigits)
                #expect(ring.hash(text) == minted.hash)
            }
            hashes.insert(minted.hash)
        }
        #expect(hashes.count == 50)
    }

    /// Bit by bit: written another way than what it checks.
    private static func crc(_ text: String) -> UInt32 {
        var value: UInt32 = .max
        for byte in text.utf8 {
            value ^= UInt32(byte)
            for _ in 0..<8 { value = value & 1 == 1 ? 0xEDB8_8320 ^ (value >> 1) : value >> 1 }
        }
        return ~value
    }
}
