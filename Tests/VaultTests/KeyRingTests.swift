import Domain
import Testing
import Vault

@Suite struct KeyRingTests {
    @Test func `the kept rows and the master key give the same keys again`() throws {
        let masterKey = MasterKey.generate()
        let (ring, rows) = KeyRing.generate(masterKey: masterKey)
        let again = try KeyRing(masterKey: masterKey, sealed: rows)
        let row = SealedRow(table: "upstream_credentials", id: "cred_000000000001", version: 1)
        let opened = try again.open(ring.seal(Secret(utf8: "sk-up"), for: row), for: row)
        #expect(opened.isEqualToText("sk-up"))
        #expect(ring.hash(Secret(utf8: "x")) == again.hash(Secret(utf8: "x")))
    }

    @Test func `hashes are equal in constant time where they are equal`() throws {
        let bytes = (0..<UInt8(CredentialHash.byteCount)).map { $0 }
        let hash = try #require(CredentialHash(bytes: bytes))
        #expect(hash.isEqual(inConstantTimeTo: try #require(CredentialHash(bytes: bytes))))
        for place in bytes.indices {
            var other = bytes
            other[place] ^= 1
            #expect(!hash.isEqual(inConstantTimeTo: try #require(CredentialHash(bytes: other))))
        }
    }

    @Test func `another master key, a missing row and swapped rows are told apart`() {
        let masterKey = MasterKey.generate()
        let (_, rows) = KeyRing.generate(masterKey: masterKey)
        #expect(throws: VaultError.masterKeyWrong) { try KeyRing(masterKey: .generate(), sealed: rows) }
        #expect(throws: VaultError.keyMissing(id: "pepper")) {
            try KeyRing(masterKey: masterKey, sealed: rows.filter { $0.id != "pepper" })
        }
        #expect(throws: VaultError.keyMissing(id: "data_key")) {
            try KeyRing(masterKey: masterKey, sealed: rows + rows)
        }
        var swapped = rows
        (swapped[0].sealed, swapped[1].sealed) = (swapped[1].sealed, swapped[0].sealed)
        #expect(throws: VaultError.masterKeyWrong) { try KeyRing(masterKey: masterKey, sealed: swapped) }
    }

    @Test func `a secret prints as nothing`() {
        let secret = Secret(utf8: "canary")
        var dumped = ""
        dump(secret, to: &dumped)
        let minted = KeyRing.generate(masterKey: .generate()).0.mint(.accessToken)
        for text in ["\(secret)", String(reflecting: secret), String(describing: [secret]), dumped] {
            #expect(!text.contains("canary"))
            #expect(text.contains("<secret>"))
        }
        #expect(!"\(minted)".contains("lk_"))
        #expect(!((secret as Any) is any Encodable))
        #expect(!((secret as Any) is any Equatable))
    }

    @Test func `secrets are compared by content`() {
        let secret = Secret(utf8: "canary")
        #expect(secret.isEqualToText("canary"))
        for other in ["canarz", "canar", "", "canary0"] { #expect(!secret.isEqualToText(other)) }
        #expect(Secret(utf8: "").isEqualToText(""))
    }

    @Test func `random digits are of the alphabet and reach all of it`() {
        let digits = RandomDigits.draw(10_000)
        #expect(digits.count == 10_000)
        #expect(Set(digits) == Set(Base62.alphabet))
        #expect(RandomDigits.draw().count == 12)
    }
}

extension Secret {
    func isEqualToText(_ text: String) -> Bool { Array(text.utf8).withUnsafeBytes { isEqual(to: $0) } }
}

@Suite struct AuditKeyTests {
    @Test func `the audit hash goes by the data folder's keys and by every byte`() throws {
        let masterKey = MasterKey.generate()
        let (ring, sealed) = KeyRing.generate(masterKey: masterKey)
        let same = try KeyRing(masterKey: masterKey, sealed: sealed)
        let (other, _) = KeyRing.generate(masterKey: masterKey)
        #expect(ring.auditHash([1, 2, 3]) == same.auditHash([1, 2, 3]))
        #expect(ring.auditHash([1, 2, 3]) != ring.auditHash([1, 2, 4]))
        #expect(ring.auditHash([]) != other.auditHash([]))
        // A key of its own: what credentials are hashed with gives something else.
        let text = Secret(utf8: "abc")
        #expect(ring.auditHash(Array("abc".utf8)).bytes != ring.hash(text).bytes)
    }

    @Test func `a head of the audit is sealed with the keys`() throws {
        let masterKey = MasterKey.generate()
        let (ring, sealed) = KeyRing.generate(masterKey: masterKey)
        #expect(ring.sealedHead == AuditHead(sequence: 0, hash: .zero))
        #expect(try KeyRing(masterKey: masterKey, sealed: sealed).sealedHead == ring.sealedHead)
        for sequence in [1, 4711, Int64.max] {
            let head = AuditHead(
                sequence: sequence, hash: ring.auditHash([UInt8(truncatingIfNeeded: sequence)]))
            let rows = ring.rewrapped(under: masterKey, replacing: sealed, at: head)
            let again = try KeyRing(masterKey: masterKey, sealed: rows)
            #expect(again.sealedHead == head)
            #expect(
                again.auditHash([7]) == ring.auditHash([7]) && again.backupHash([7]) == ring.backupHash([7]))
        }
        #expect(ring.backupHash([7]) != ring.auditHash([7]))
    }

    @Test func `re-wrapped keys open under the new master key only, and are the same`() throws {
        let old = MasterKey.generate()
        let new = MasterKey.generate()
        let (ring, sealed) = KeyRing.generate(masterKey: old)
        let rewrapped = ring.rewrapped(under: new, replacing: sealed, at: AuditHead(sequence: 0, hash: .zero))
        #expect(throws: VaultError.masterKeyWrong) { try KeyRing(masterKey: old, sealed: rewrapped) }
        let again = try KeyRing(masterKey: new, sealed: rewrapped)
        #expect(again.auditHash([7]) == ring.auditHash([7]))
        let row = SealedRow(table: "upstream_credentials", id: "cred_x", version: 1)
        let secret = try again.open(ring.seal(Secret(utf8: "sk-1"), for: row), for: row)
        #expect(secret.isEqualToText("sk-1"))
        #expect(rewrapped.map(\.version) == [2, 2])
    }
}
