/// The hash of an audit event over the one before it: 32 bytes, written as 64 hexadecimal digits.
package struct AuditHash: Hashable, Sendable, CustomStringConvertible {
    package static let byteCount = 32
    /// What the first event stands behind.
    package static let zero = AuditHash(unchecked: [UInt8](repeating: 0, count: byteCount))

    package let bytes: [UInt8]

    private init(unchecked bytes: [UInt8]) { self.bytes = bytes }

    /// nil where there are not 32 of them.
    package init?(bytes: [UInt8]) {
        guard bytes.count == Self.byteCount else { return nil }
        self.bytes = bytes
    }

    /// nil where the text is not 64 hexadecimal digits.
    package init?(_ text: some StringProtocol) {
        let digits = text.utf8.compactMap(Self.value)
        guard digits.count == 2 * Self.byteCount, text.utf8.count == digits.count else { return nil }
        bytes = stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
    }

    private static func value(_ digit: UInt8) -> UInt8? {
        switch digit {
        case 0x30...0x39: digit - 0x30
        case 0x41...0x46: digit - 0x41 + 10
        case 0x61...0x66: digit - 0x61 + 10
        default: nil
        }
    }

    package var description: String {
        var text = ""
        for byte in bytes { text += (byte < 16 ? "0" : "") + String(byte, radix: 16) }
        return text
    }
}

/// The keyed hash that the audit chain is made with: the vault's, for storage knows no key.
package typealias AuditHashing = @Sendable ([UInt8]) -> AuditHash
