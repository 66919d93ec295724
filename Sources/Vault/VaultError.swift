/// Why the vault gave nothing. None of them carries a byte of what was sealed.
package enum VaultError: Error, Hashable, Sendable {
    /// The master key is not 64 hexadecimal digits.
    case masterKeyMalformed
    /// The master key did not seal the keys of this data folder.
    case masterKeyWrong
    /// A key that the vault needs has no row, or two.
    case keyMissing(id: String)
    /// Sealed by a format that this version does not know.
    case sealUnknown(format: UInt8)
    /// Too short to be sealed at all.
    case sealTruncated
    /// Changed since it was sealed, or sealed for another row or server, or under another key.
    case sealBroken
}
