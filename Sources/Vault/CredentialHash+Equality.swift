import CSodium
package import Domain

/// Comparing hashes of credentials where the time that it takes could be measured.
extension CredentialHash {
    /// Compares in a time that does not depend on where they differ.
    package func isEqual(inConstantTimeTo other: CredentialHash) -> Bool {
        let (left, right) = (bytes, other.bytes)
        return unsafe left.withUnsafeBytes { left in
            unsafe right.withUnsafeBytes { right in
                guard let left = left.baseAddress, let right = right.baseAddress else { return false }
                return unsafe sodium_memcmp(left, right, Self.byteCount) == 0
            }
        }
    }
}
