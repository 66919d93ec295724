import CSodium
package import Domain

/// The keys the server works with: the pepper that credentials are hashed with, and the data key that
/// upstream keys are sealed under.
///
/// Both are random, made once for a data folder, and kept sealed under the master key (table `vault_keys`):
/// changing the master key re-wraps two rows. Hashing neither locks nor allocates.
///
/// With the data key a head of the audit is sealed. A data key without one is of an earlier version, which
/// may hold events without hashes and upstream keys that are bound to no server; with one, neither is
/// accepted any more.
///
///     ┌──────────────────┬───────────────────┬───────────────────────┐
///     │ data key, 32     │ sequence, i64be   │ the event's hash, 32  │
///     └──────────────────┴───────────────────┴───────────────────────┘
package final class KeyRing: Sendable {
    private static let keyVersion = 1
    private static let dataKeyID = "data_key"
    private static let pepperID = "pepper"

    private let dataKey: Secret
    private let pepper: Secret
    private let auditKey: Secret
    private let backupKey: Secret
    /// A head that the audit had, from which on the chain is never begun anew; nil for keys of an earlier
    /// version.
    package let sealedHead: AuditHead?

    private init(dataKey: Secret, pepper: Secret, sealedHead: AuditHead?) {
        self.dataKey = dataKey
        self.pepper = pepper
        self.sealedHead = sealedHead
        auditKey = Self.key(1, "lk_audit", of: dataKey)
        backupKey = Self.key(2, "lk_backu", of: dataKey)
    }

    /// New keys, and the rows to keep of them. Their audit has no event yet.
    package static func generate(masterKey: MasterKey) -> (KeyRing, [SealedKey]) {
        let head = AuditHead(sequence: 0, hash: .zero)
        let ring = KeyRing(
            dataKey: .random(byteCount: Seal.keyByteCount), pepper: .random(byteCount: Seal.keyByteCount),
            sealedHead: head)
        return (ring, ring.sealed(under: masterKey, version: keyVersion, at: head))
    }

    /// The rows to keep of the same keys under another master key, in place of `old`, with a head that the
    /// audit has.
    package func rewrapped(
        under masterKey: MasterKey, replacing old: [SealedKey], at head: AuditHead
    ) -> [SealedKey] {
        sealed(under: masterKey, version: (old.map(\.version).max() ?? 0) + 1, at: head)
    }

    private func sealed(under masterKey: MasterKey, version: Int, at head: AuditHead) -> [SealedKey] {
        [(Self.dataKeyID, Self.joined(dataKey, head)), (Self.pepperID, pepper)].map { id, key in
            SealedKey(
                id: id, version: version,
                sealed: Seal.seal(key, under: masterKey.secret, for: Self.row(id, version: version)))
        }
    }

    /// The keys of a data folder again.
    package convenience init(masterKey: MasterKey, sealed: [SealedKey]) throws(VaultError) {
        let (dataKey, head) = try Self.parted(try Self.unwrap(Self.dataKeyID, of: sealed, under: masterKey))
        let pepper = try Self.unwrap(Self.pepperID, of: sealed, under: masterKey)
        guard pepper.byteCount == Seal.keyByteCount else { throw .sealBroken }
        self.init(dataKey: dataKey, pepper: pepper, sealedHead: head)
    }

    private static func joined(_ dataKey: Secret, _ head: AuditHead) -> Secret {
        let sequence = (0..<8).map { UInt8(truncatingIfNeeded: head.sequence >> (56 - 8 * $0)) }
        let tail = sequence + head.hash.bytes
        return unsafe Secret(byteCount: dataKey.byteCount + tail.count) { bytes in
            unsafe dataKey.withUnsafeBytes { unsafe bytes.copyMemory(from: $0) }
            unsafe UnsafeMutableRawBufferPointer(rebasing: bytes[dataKey.byteCount...]).copyBytes(from: tail)
        }
    }

    private static func parted(_ bytes: Secret) throws(VaultError) -> (Secret, AuditHead?) {
        let count = Seal.keyByteCount
        if bytes.byteCount == count { return (bytes, nil) }
        guard bytes.byteCount == count + 8 + AuditHash.byteCount else { throw .sealBroken }
        let (key, tail) = unsafe bytes.withUnsafeBytes { bytes in
            (
                unsafe Secret(copying: UnsafeRawBufferPointer(rebasing: bytes[..<count])),
                unsafe Array(bytes[count...])
            )
        }
        guard let hash = AuditHash(bytes: Array(tail[8...])) else { throw .sealBroken }
        let sequence = tail[..<8].reduce(Int64(0)) { $0 << 8 | Int64($1) }
        return (key, AuditHead(sequence: sequence, hash: hash))
    }

    /// A key for one purpose alone, of the data key's (libsodium's `crypto_kdf`, which is BLAKE2b). `context`
    /// has 8 bytes.
    private static func key(_ number: UInt64, _ context: StaticString, of dataKey: Secret) -> Secret {
        unsafe Secret(byteCount: Seal.keyByteCount) { key in
            guard let base = key.baseAddress else { return }
            let status = unsafe dataKey.withPointer { dataKey in
                context.withUTF8Buffer { context -> Int32 in
                    guard let context = context.baseAddress else { return -1 }
                    return unsafe context.withMemoryRebound(to: CChar.self, capacity: 8) { context in
                        unsafe crypto_kdf_derive_from_key(
                            base.assumingMemoryBound(to: UInt8.self), key.count, number, context, dataKey)
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
        do {
            return try Seal.open(found.sealed, under: masterKey.secret, for: row(id, version: found.version))
        } catch .sealBroken {
            throw .masterKeyWrong
        }
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
    package func auditHash(_ bytes: [UInt8]) -> AuditHash { Self.hash(bytes, under: auditKey) }

    /// The same of a part of a backup, under a key of its own.
    package func backupHash(_ bytes: [UInt8]) -> AuditHash { Self.hash(bytes, under: backupKey) }

    private static func hash(_ bytes: [UInt8], under secret: Secret) -> AuditHash {
        var hash = [UInt8](repeating: 0, count: AuditHash.byteCount)
        let status = unsafe secret.withPointer { key in
            unsafe crypto_generichash(
                &hash, hash.count, bytes, UInt64(bytes.count), key, secret.byteCount)
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
