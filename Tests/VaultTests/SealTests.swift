import Domain
import Testing
import Vault

@Suite struct SealTests {
    private let row = SealedRow(table: "upstream_credentials", id: "cred_000000000001", version: 1)
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
        SealedRow(table: "upstream_credentials", id: "cred_000000000002", version: 1),
        SealedRow(table: "upstream_credentials", id: "cred_000000000001", version: 2),
        SealedRow(table: "vault_keys", id: "cred_000000000001", version: 1),
        SealedRow(table: "upstream_credentialsc", id: "red_000000000001", version: 1),
    ])
    func `it opens in no other row`(other: SealedRow) {
        let sealed = ring.seal(Secret(utf8: "sk-up"), for: row)
        #expect(throws: VaultError.sealBroken) { try ring.open(sealed, for: other) }
    }

    @Test func `a key is sealed for its project and its server, and for no other`() throws {
        func credential(_ project: String, _ upstream: String, version: Int = 1) throws -> UpstreamCredential
        {
            var credential = UpstreamCredential(
                id: CredentialID(unchecked: "cred_000000000001"), project: ProjectID(unchecked: project),
                name: try #require(Label("key")), version: version, sealed: [],
                createdAt: Timestamp(seconds: 0))
            credential.upstream = try UpstreamURL(parsing: upstream)
            return credential
        }
        let acme = "proj_aaaaaaaaaaaa"
        let sealed = ring.seal(Secret(utf8: "sk-up"), as: try credential(acme, "https://one.example/v1"))
        func opens(_ other: UpstreamCredential) -> Bool {
            var other = other
            other.sealed = sealed.sealed
            return (try? ring.open(other)).map { text($0) } == "sk-up"
        }
        #expect(opens(try credential(acme, "https://one.example/v1")))
        #expect(opens(try credential(acme, "https://ONE.example:443/other")))
        for (project, upstream, version) in [
            (acme, "https://two.example/v1", 1), (acme, "http://one.example/v1", 1), (acme, "dummy:", 1),
            (acme, "https://one.example:444/v1", 1), ("proj_bbbbbbbbbbbb", "https://one.example/v1", 1),
            (acme, "https://one.example/v1", 2),
        ] {
            #expect(!opens(try credential(project, upstream, version: version)))
        }
        // Nor does one open for its server that was sealed for its row alone, nor the reverse.
        var old = sealed
        let oldRow = SealedRow(table: "upstream_credentials", id: "cred_000000000001", version: 1)
        old.sealed = ring.seal(Secret(utf8: "sk-up"), for: oldRow)
        #expect(throws: VaultError.sealBroken) { try ring.open(old) }
        #expect(throws: VaultError.sealBroken) { try ring.open(sealed.sealed, for: oldRow) }
    }

    @Test func `another data folder's keys open nothing and hash otherwise`() {
        let other = KeyRing.generate(masterKey: .generate()).0
        let sealed = ring.seal(Secret(utf8: "sk-up"), for: row)
        #expect(throws: VaultError.sealBroken) { try other.open(sealed, for: row) }
        #expect(ring.hash(Secret(utf8: "x")) != other.hash(Secret(utf8: "x")))
    }
}
