/// The keyed BLAKE2b-256 of a credential's text: what is stored, and what a lookup goes by.
///
/// Without the key (the *pepper*, sealed under the master key) it tells nothing about the credential.
/// Equality of hashes may be compared in ordinary time: an attacker who could choose hashes would have to
/// know the pepper.
package struct CredentialHash: Hashable, Sendable {
    package static let byteCount = 32

    /// The bytes as they lie in memory, eight to a word. Words and no SIMD vector: a value that asks for
    /// 32-byte alignment breaks the frames of asynchronous functions in optimised builds (seen with Swift
    /// 6.3.1).
    private let words: (UInt64, UInt64, UInt64, UInt64)

    /// nil where `bytes` is not 32 bytes long.
    package init?(bytes: some Collection<UInt8>) {
        guard bytes.count == Self.byteCount else { return nil }
        var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
        withUnsafeMutableBytes(of: &words) { $0.copyBytes(from: bytes) }
        self.words = words
    }

    package init(_ first: UInt64, _ second: UInt64, _ third: UInt64, _ fourth: UInt64) {
        words = (first, second, third, fourth)
    }

    package var bytes: [UInt8] { withUnsafeBytes(of: words) { Array($0) } }

    /// The hash is uniform already: one word of it is a hash table's hash.
    package func hash(into hasher: inout Hasher) { hasher.combine(words.0) }

    package static func == (left: CredentialHash, right: CredentialHash) -> Bool { left.words == right.words }
}
