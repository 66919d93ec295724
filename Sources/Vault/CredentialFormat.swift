import Domain

/// The text of a credential, fixed for ever.
///
///     lk_  000000000001  _  003aUlTJC7tjlCTQj2uNU3MFagCXG9LRKRcwGkBIDlf  3vzhO3
///     │    │                │                                            │
///     │    │                │                                            └ CRC-32 (ISO-HDLC) of `id_secret`,
///     │    │                │                                              6 digits
///     │    │                └ 256 random bits, big-endian, 43 digits
///     │    └ the public id, 12 digits
///     └ `lk_` for an access token, `lkm_` for a management key
///
/// All digits are base62 (`0-9A-Za-z`), padded with `0`. The text above is the test vector: its secret is the
/// bytes 00 01 … 1F, the CRC of `000000000001_003aUlTJC7tjlCTQj2uNU3MFagCXG9LRKRcwGkBIDlf` is 0xD6E557C7.
/// Each credential has one text only: 43 digits that stand for 2^256 or more are no credential.
package enum CredentialFormat {
    package static let idByteCount = 12
    private static let secretByteCount = 43
    private static let checksumByteCount = 6
    /// Secret and checksum: the longest run of digits in a credential, with a `_` in front of it.
    static let tailByteCount = secretByteCount + checksumByteCount
    /// `id_secret`, which the checksum covers.
    private static let coveredByteCount = idByteCount + 1 + secretByteCount
    private static let bodyByteCount = coveredByteCount + checksumByteCount

    package static func byteCount(of kind: CredentialKind) -> Int {
        kind.prefix.utf8CodeUnitCount + bodyByteCount
    }

    /// True for what could have been minted: form and checksum are right. Does not allocate; says nothing
    /// about whether the credential was ever issued.
    package static func isWellFormed(_ bytes: UnsafeRawBufferPointer, kind: CredentialKind) -> Bool {
        guard let start = unsafe body(of: bytes, kind: kind), let base = bytes.baseAddress else {
            return false
        }
        let text = unsafe base + start
        guard unsafe text.load(fromByteOffset: idByteCount, as: UInt8.self) == 0x5F else { return false }
        let crc = unsafe crcTable.withUnsafeBufferPointer { table in
            var crc: UInt32 = 0xFFFF_FFFF
            for index in 0..<coveredByteCount {
                let byte = unsafe text.load(fromByteOffset: index, as: UInt8.self)
                crc = unsafe table[Int((crc ^ UInt32(byte)) & 0xFF)] ^ (crc >> 8)
            }
            return crc
        }
        var checksum: UInt64 = 0
        for index in coveredByteCount..<bodyByteCount {
            guard let digit = Base62.digit(unsafe text.load(fromByteOffset: index, as: UInt8.self)) else {
                return false
            }
            checksum = checksum * 62 + UInt64(digit)
        }
        // The checksum first: it tells nearly all of what is no credential by itself.
        guard checksum == UInt64(~crc) else { return false }
        let secret = unsafe text + idByteCount + 1
        return unsafe Base62.isValid(UnsafeRawBufferPointer(start: text, count: idByteCount))
            && Base62.isValid(UnsafeRawBufferPointer(start: secret, count: secretByteCount))
            && isBelowLimit(secret)
    }

    /// The public digits of a text that is well-formed; nil where it is not.
    package static func id(of bytes: UnsafeRawBufferPointer, kind: CredentialKind) -> [UInt8]? {
        guard unsafe isWellFormed(bytes, kind: kind) else { return nil }
        let start = kind.prefix.utf8CodeUnitCount
        return unsafe Array(bytes[start..<start + idByteCount])
    }

    /// Where the part behind the prefix begins, if the length and the prefix are right.
    private static func body(of bytes: UnsafeRawBufferPointer, kind: CredentialKind) -> Int? {
        let prefix = kind.prefix
        let length = prefix.utf8CodeUnitCount
        guard bytes.count == length + bodyByteCount else { return nil }
        for index in 0..<length where unsafe bytes[index] != prefix.utf8Start[index] { return nil }
        return length
    }

    /// True where 43 digits stand for less than 2^256. The alphabet is in the order of ASCII, so numbers of
    /// equal width compare as their texts do.
    private static func isBelowLimit(_ secret: UnsafeRawPointer) -> Bool {
        let largest: StaticString = "yhjskwdA6OZ1AL1YmHWZWm8LLG7HjnuCA2j5rOw8Xp1"
        for index in 0..<secretByteCount {
            let byte = unsafe secret.load(fromByteOffset: index, as: UInt8.self)
            let bound = unsafe largest.utf8Start[index]
            if byte != bound { return byte < bound }
        }
        return true
    }

    /// The text of a credential with these 12 digits and these 256 bits, in guarded memory from the first
    /// byte on.
    static func compose(_ kind: CredentialKind, id: [UInt8], secret: Secret) -> Secret {
        precondition(id.count == idByteCount && secret.byteCount == 32)
        let prefix = kind.prefix.utf8CodeUnitCount
        return unsafe Secret(byteCount: prefix + bodyByteCount) { text in
            for index in 0..<prefix { unsafe text[index] = kind.prefix.utf8Start[index] }
            for index in 0..<idByteCount { unsafe text[prefix + index] = id[index] }
            unsafe text[prefix + idByteCount] = 0x5F
            unsafe writeDigits(of: secret, to: text, from: prefix + idByteCount + 1)
            var crc: UInt32 = 0xFFFF_FFFF
            for index in prefix..<prefix + coveredByteCount {
                crc = unsafe crcTable[Int((crc ^ UInt32(text[index])) & 0xFF)] ^ (crc >> 8)
            }
            let checksum = Base62.encode(UInt64(~crc), width: checksumByteCount)
            for (index, byte) in checksum.enumerated() {
                unsafe text[prefix + coveredByteCount + index] = byte
            }
        }
    }

    /// Long division of the 32 bytes by 62, digit by digit from the right. The quotients live in guarded
    /// memory too.
    private static func writeDigits(
        of secret: Secret, to text: UnsafeMutableRawBufferPointer, from start: Int
    ) {
        let quotient = unsafe Secret(byteCount: secret.byteCount) { number in
            unsafe secret.withUnsafeBytes { unsafe number.copyMemory(from: $0) }
            for position in (0..<secretByteCount).reversed() {
                var remainder = 0
                for index in 0..<number.count {
                    let value = unsafe remainder << 8 | Int(number[index])
                    unsafe number[index] = UInt8(value / 62)
                    remainder = value % 62
                }
                unsafe text[start + position] = Base62.alphabet[remainder]
            }
        }
        assert(quotient.byteCount == 32)
    }

    /// CRC-32 of ISO-HDLC (zlib, PNG): polynomial 0x04C11DB7, reflected.
    private static let crcTable: [UInt32] = (0..<256).map { (index: UInt32) in
        var value = index
        for _ in 0..<8 { value = value & 1 == 1 ? 0xEDB8_8320 ^ (value >> 1) : value >> 1 }
        return value
    }
}
