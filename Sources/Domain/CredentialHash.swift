/// The keyed BLAKE2b-256 of a credential's text: what is stored, and what a lookup goes by.
///
/// Without the key (the *pepper*, sealed under the master key) it tells nothing about the credential.
/// Equality of hashes may be compared in ordinary time: an attacker who could choose hashes would have to
/// know the pepper.
package struct CredentialHash: Hashable, Sendable {
    package static let byteCount = 32
    package let words: SIMD4<UInt64>

    package init(words: SIMD4<UInt64>) { self.words = words }

    /// nil where `bytes` is not 32 bytes long.
    package init?(bytes: some Collection<UInt8>) {
        guard bytes.count == Self.byteCount else { return nil }
        var words = SIMD4<UInt64>()
        for (index, byte) in bytes.enumerated() {
            words[index / 8] |= UInt64(byte) << UInt64(8 * (index % 8))
        }
        self.words = words
    }

    package var bytes: [UInt8] {
        (0..<Self.byteCount).map { UInt8(truncatingIfNeeded: words[$0 / 8] >> UInt64(8 * ($0 % 8))) }
    }

    /// The hash is uniform already: one word of it is a hash table's hash.
    @inlinable
    package func hash(into hasher: inout Hasher) { hasher.combine(words.x) }

    @inlinable
    package static func == (left: CredentialHash, right: CredentialHash) -> Bool { left.words == right.words }
}
