import Domain
import Vault

/// A credential is well-formed exactly where a reading written in another way says so: the checksum bit by
/// bit, the secret as a number.
enum CredentialPromises {
    static func check(_ input: [UInt8]) throws(BrokenPromise) {
        for kind in CredentialKind.allCases {
            try compare(input, kind)
            // Random bytes seldom have a right checksum, so the same once more with one.
            var text = Array(kind.prefix.description.utf8)
            let digits = input.prefix(55).map { Base62.alphabet[Int($0) % 62] }
            guard digits.count == 55 else { continue }
            let covered = digits[..<12] + [0x5F] + digits[12..<55]
            text += covered + Base62.encode(UInt64(crc(covered)), width: 6)
            try compare(text, kind)
        }
    }

    private static func compare(_ text: [UInt8], _ kind: CredentialKind) throws(BrokenPromise) {
        let (passes, id) = text.withUnsafeBytes { bytes in
            (
                CredentialFormat.isWellFormed(bytes, kind: kind), CredentialFormat.id(of: bytes, kind: kind)
            )
        }
        let prefix = Array(kind.prefix.description.utf8)
        try BrokenPromise.unless(passes == isCredential(text, prefix), "well-formed is what the format says")
        let expected = passes ? Array(text[prefix.count..<prefix.count + 12]) : nil
        try BrokenPromise.unless(id == expected, "the id is the 12 digits behind the prefix")
    }

    private static func isCredential(_ text: [UInt8], _ prefix: [UInt8]) -> Bool {
        guard text.starts(with: prefix) else { return false }
        let body = Array(text.dropFirst(prefix.count))
        guard body.count == 62, body[12] == 0x5F else { return false }
        guard (body[..<12] + body[13...]).allSatisfy(Base62.contains) else { return false }
        let checksum = body[56...].reduce(UInt64(0)) { $0 * 62 + UInt64(Base62.digit($1) ?? 0) }
        return checksum == UInt64(crc(body[..<56])) && fits(body[13..<56])
    }

    /// True where the digits stand for a number of 256 bits.
    private static func fits(_ digits: ArraySlice<UInt8>) -> Bool {
        var number = [UInt8](repeating: 0, count: 32)
        for digit in digits {
            var carry = Int(Base62.digit(digit) ?? 0)
            for index in number.indices.reversed() {
                let sum = Int(number[index]) * 62 + carry
                number[index] = UInt8(sum & 0xFF)
                carry = sum >> 8
            }
            guard carry == 0 else { return false }
        }
        return true
    }

    /// CRC-32 (ISO-HDLC), bit by bit.
    static func crc(_ bytes: some Sequence<UInt8>) -> UInt32 {
        var value: UInt32 = .max
        for byte in bytes {
            value ^= UInt32(byte)
            for _ in 0..<8 { value = value & 1 == 1 ? 0xEDB8_8320 ^ (value >> 1) : value >> 1 }
        }
        return ~value
    }
}
