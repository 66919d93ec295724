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
    private let auditKey: Secret

    private init(dataKey: Secret, pepper: Secret) {
        self.dataKey = dataKey
        self.pepper = pepper
        auditKey = Self.auditKey(of: dataKey)
    }

    /// New keys, and the rows to keep of them.
    package static func generate(masterKey: MasterKey) -> (KeyRing, [SealedKey]) {
        let ring = KeyRing(
            dataKey: .random(byteCount: Seal.keyByteCount), pepper: .random(byteCount: Seal.keyByteCount))
        return (ring, ring.sealed(under: masterKey, version: keyVersion))
    }

    /// The rows to keep of the same keys under another master key, in place of `old`.
    package func rewrapped(under masterKey: MasterKey, replacing old: [SealedKey]) -> [SealedKey] {
        sealed(under: masterKey, version: (old.map(\.version).max() ?? 0) + 1)
    }

    private func sealed(under masterKey: MasterKey, version: Int) -> [SealedKey] {
        [(Self.dataKeyID, dataKey), (Self.pepperID, pepper)].map { id, key in
            SealedKey(
                id: id, version: version,
                sealed: Seal.seal(key, under: masterKey.secret, for: Self.row(id, version: version)))
        }
    }

    /// The keys of a data folder again.
    package convenience init(masterKey: MasterKey, sealed: [SealedKey]) throws(VaultError) {
        self.init(
            dataKey: try Self.unwrap(Self.dataKeyID, of: sealed, under: masterKey),
            pepper: try Self.unwrap(Self.pepperID, of: sealed, under: masterKey))
    }

    /// A key for one purpose alone: number 1 of the data key's (libsodium's `crypto_kdf`, which is BLAKE2b).
    private static func auditKey(of dataKey: Secret) -> Secret {
        let context: StaticString = "lk_audit"
        return unsafe Secret(byteCount: Seal.keyByteCount) { key in
            guard let base = key.baseAddress else { return }
            let status = unsafe dataKey.withPointer { dataKey in
                context.withUTF8Buffer { context -> Int32 in
                    guard let context = context.baseAddress else { return -1 }
                    return unsafe context.withMemoryRebound(to: CChar.self, capacity: 8) { context in
                        unsafe crypto_kdf_derive_from_key(
                            base.assumingMemoryBound(to: UInt8.self), key.count, 1, context, dataKey)
                    }
                }
            }
            precondition(status == 0, "BLAKE2b does not fail")
        }
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

    /// Keyed BLAKE2b-256 of what an audit event says and of the hash before it, under a key of its own.
    package func auditHash(_ bytes: [UInt8]) -> AuditHash {
        var hash = [UInt8](repeating: 0, count: AuditHash.byteCount)
        let status = unsafe auditKey.withPointer { key in
            unsafe crypto_generichash(
                &hash, hash.count, bytes, UInt64(bytes.count), key, auditKey.byteCount)
        }
        guard status == 0, let hash = AuditHash(bytes: hash) else {
            preconditionFailure("BLAKE2b does not fail")
        }
        return hash
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
