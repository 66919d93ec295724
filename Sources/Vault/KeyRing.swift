import CSodium
package import Domain

/// The keys the server works with: the pepper that credentials are hashed with, and the data key that
/// upstream keys are sealed under.
///
/// Both are random, made once for a data folder, and kept sealed under the master key (table `vault_keys`):
/// changing the master key re-wraps two rows. Hashing neither locks nor allocates.
package final class KeyRing: Sendable {
    private static let keyVersion = 1
    private static let dataKeyID = "data_key"
    private static let pepperID = "pepper"

    private let dataKey: Secret
    private let pepper: Secret

    private init(dataKey: Secret, pepper: Secret) {
        self.dataKey = dataKey
        self.pepper = pepper
    }

    /// New keys, and the rows to keep of them.
    package static func generate(masterKey: MasterKey) -> (KeyRing, [SealedKey]) {
        let ring = KeyRing(
            dataKey: .random(byteCount: Seal.keyByteCount), pepper: .random(byteCount: Seal.keyByteCount))
        let sealed = [(dataKeyID, ring.dataKey), (pepperID, ring.pepper)].map { id, key in
            SealedKey(
                id: id, version: keyVersion,
                sealed: Seal.seal(key, under: masterKey.secret, for: row(id, version: keyVersion)))
        }
        return (ring, sealed)
    }

    /// The keys of a data folder again.
    package init(masterKey: MasterKey, sealed: [SealedKey]) throws(VaultError) {
        dataKey = try Self.unwrap(Self.dataKeyID, of: sealed, under: masterKey)
        pepper = try Self.unwrap(Self.pepperID, of: sealed, under: masterKey)
    }

    private static func unwrap(
        _ id: String, of sealed: [SealedKey], under masterKey: MasterKey
    ) throws(VaultError) -> Secret {
        let rows = sealed.filter { $0.id == id }
        guard rows.count == 1, let found = rows.first else { throw .keyMissing(id: id) }
        let key: Secret
        do {
            key = try Seal.open(found.sealed, under: masterKey.secret, for: row(id, version: found.version))
        } catch .sealBroken {
            throw .masterKeyWrong
        }
        guard key.byteCount == Seal.keyByteCount else { throw .sealBroken }
        return key
    }

    private static func row(_ id: String, version: Int) -> SealedRow {
        SealedRow(table: "vault_keys", id: id, version: version)
    }

    /// Keyed BLAKE2b-256 of a credential's whole text.
    package func hash(_ credential: UnsafeRawBufferPointer) -> CredentialHash {
        var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
        let status = unsafe withUnsafeMutableBytes(of: &words) { output -> Int32 in
            guard let base = output.baseAddress else { return -1 }
            return unsafe pepper.withPointer { key in
                unsafe crypto_generichash(
                    base.assumingMemoryBound(to: UInt8.self), CredentialHash.byteCount,
                    credential.baseAddress?.assumingMemoryBound(to: UInt8.self), UInt64(credential.count),
                    key, pepper.byteCount)
            }
        }
        precondition(status == 0, "BLAKE2b does not fail")
        return CredentialHash(words.0, words.1, words.2, words.3)
    }

    /// The same for a credential that is held as a secret.
    package func hash(_ credential: Secret) -> CredentialHash {
        unsafe credential.withUnsafeBytes { unsafe hash($0) }
    }

    /// A new credential. Its text exists nowhere else: show it once.
    package func mint(_ kind: CredentialKind) -> MintedCredential {
        let digits = RandomDigits.draw(CredentialFormat.idByteCount)
        let text = CredentialFormat.compose(kind, id: digits, secret: .random(byteCount: 32))
        return MintedCredential(idDigits: digits, text: text, hash: hash(text))
    }

    /// Opens again with ``open(_:for:)`` for the same row only.
    package func seal(_ secret: Secret, for row: SealedRow) -> [UInt8] {
        Seal.seal(secret, under: dataKey, for: row)
    }

    package func open(_ sealed: [UInt8], for row: SealedRow) throws(VaultError) -> Secret {
        try Seal.open(sealed, under: dataKey, for: row)
    }
}
