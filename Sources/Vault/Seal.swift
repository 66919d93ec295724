import CSodium

/// The sealed form of a secret: XChaCha20-Poly1305 (IETF) under a random nonce, bound to one row.
///
///     ┌────────────────┬────────────────┬──────────────────────────┐
///     │ format, 1 byte │ nonce, 24 bytes│ ciphertext, tag 16 bytes │
///     │ 0x01 or 0x02   │ random         │ as long as the secret    │
///     └────────────────┴────────────────┴──────────────────────────┘
///
/// The associated data is ``SealedRow/associatedData``. The nonce is long enough to be drawn for ever. Format
/// 1 is of rows that are bound to nothing but their place, format 2 of those with a ``SealedRow/binding``:
/// what is sealed by the one does not open as the other.
enum Seal {
    static let keyByteCount = 32
    private static let nonceByteCount = 24
    private static let tagByteCount = 16
    private static let headByteCount = 1 + nonceByteCount

    private static func format(of row: SealedRow) -> UInt8 { row.binding.isEmpty ? 1 : 2 }

    static func seal(_ secret: Secret, under key: Secret, for row: SealedRow) -> [UInt8] {
        Sodium.start()
        let associated = row.associatedData
        let count = headByteCount + secret.byteCount + tagByteCount
        return unsafe [UInt8](unsafeUninitializedCapacity: count) { output, initialized in
            guard let base = output.baseAddress else { return }
            unsafe base.initialize(repeating: 0, count: count)
            unsafe base[0] = format(of: row)
            let nonce = unsafe base + 1
            unsafe randombytes_buf(nonce, nonceByteCount)
            let status = unsafe secret.withPointer { plain in
                unsafe key.withPointer { key in
                    unsafe crypto_aead_xchacha20poly1305_ietf_encrypt(
                        base + headByteCount, nil,
                        plain, UInt64(secret.byteCount),
                        associated, UInt64(associated.count), nil,
                        nonce, key)
                }
            }
            precondition(status == 0, "XChaCha20-Poly1305 does not fail to seal")
            initialized = count
        }
    }

    static func open(_ sealed: [UInt8], under key: Secret, for row: SealedRow) throws(VaultError) -> Secret {
        guard let first = sealed.first else { throw .sealTruncated }
        guard first == format(of: row) else {
            throw first == 1 ? .sealUnbound : .sealUnknown(format: first)
        }
        let count = sealed.count - headByteCount - tagByteCount
        guard count >= 0 else { throw .sealTruncated }
        let associated = row.associatedData
        return unsafe try Secret(byteCount: count) { plain throws(VaultError) in
            let status = unsafe sealed.withUnsafeBufferPointer { sealed in
                unsafe key.withPointer { key -> Int32 in
                    guard let base = sealed.baseAddress else { return -1 }
                    return unsafe crypto_aead_xchacha20poly1305_ietf_decrypt(
                        plain.baseAddress?.assumingMemoryBound(to: UInt8.self), nil, nil,
                        base + headByteCount, UInt64(count + tagByteCount),
                        associated, UInt64(associated.count),
                        base + 1, key)
                }
            }
            guard status == 0 else { throw .sealBroken }
        }
    }
}
