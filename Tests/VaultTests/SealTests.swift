import Domain
import Testing
import Vault

@Suite struct SealTests {
    private let row = SealedRow.upstreamCredential("cred_000000000001", version: 1)
    private let ring = KeyRing.generate(masterKey: .generate()).0

    private func text(_ secret: Secret) -> String {
        secret.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
    }

    @Test(arguments: ["sk-upstream-canary", "", String(repeating: "k", count: 5000)])
    func `what was sealed opens in its row`(plain: String) throws {
        let sealed = ring.seal(Secret(utf8: plain), for: row)
        #expect(sealed.count == plain.utf8.count + 41)
        #expect(try text(ring.open(sealed, for: row)) == plain)
    }

    @Test func `sealing twice gives different bytes without the plain text in them`() {
        let first = ring.seal(Secret(utf8: "sk-upstream-canary"), for: row)
        #expect(first != ring.seal(Secret(utf8: "sk-upstream-canary"), for: row))
        #expect(!String(decoding: first, as: UTF8.self).contains("canary"))
    }

    @Test func `every flipped bit is found`() {
        let sealed = ring.seal(Secret(utf8: "sk-up"), for: row)
        for index in sealed.indices {
            for bit in 0..<8 {
                var changed = sealed
                changed[index] ^= 1 << UInt8(bit)
                let expected = index == 0 ? VaultError.sealUnknown(format: changed[0]) : .sealBroken
                #expect(throws: expected) { try ring.open(changed, for: row) }
            }
        }
    }

    @Test func `every truncation is found`() {
        let sealed = ring.seal(Secret(utf8: "sk-up"), for: row)
        for count in sealed.indices {
            let expected: VaultError = count < 41 ? .sealTruncated : .sealBroken
            #expect(throws: expected) { try ring.open(Array(sealed.prefix(count)), for: row) }
        }
        #expect(throws: VaultError.sealBroken) { try ring.open(sealed + [0], for: row) }
    }

    @Test(arguments: [
        SealedRow.upstreamCredential("cred_000000000002", version: 1),
        SealedRow.upstreamCredential("cred_000000000001", version: 2),
        SealedRow(table: "vault_keys", id: "cred_000000000001", version: 1),
        SealedRow(table: "upstream_credentialsc", id: "red_000000000001", version: 1),
    ])
    func `it opens in no other row`(other: SealedRow) {
        let sealed = ring.seal(Secret(utf8: "sk-up"), for: row)
        #expect(throws: VaultError.sealBroken) { try ring.open(sealed, for: other) }
    }

    @Test func `another data folder's keys open nothing and hash otherwise`() {
        let other = KeyRing.generate(masterKey: .generate()).0
        let sealed = ring.seal(Secret(utf8: "sk-up"), for: row)
        #expect(throws: VaultError.sealBroken) { try other.open(sealed, for: row) }
        #expect(ring.hash(Secret(utf8: "x")) != other.hash(Secret(utf8: "x")))
    }
}
