/// What stands between the quotes of a JSON string (RFC 8259, section 7): how it is read, at one place for
/// everyone who reads JSON. No half-understood text comes out of it: it is decoded whole or not at all.
package enum JSONText {
    /// The text, or nil where the content is none: an unknown or cut-off escape, a lone surrogate, a raw
    /// control character or quote, or bytes that are not UTF-8.
    package static func decode(_ content: UnsafeRawBufferPointer) -> String? {
        guard content.contains(where: { $0 == 0x5C || $0 < 0x20 || $0 == 0x22 }) else {
            return String(validating: content, as: UTF8.self)
        }
        var decoded: [UInt8] = []
        decoded.reserveCapacity(content.count)
        var index = 0
        while index < content.count {
            let byte = content[index]
            guard byte >= 0x20, byte != 0x22 else { return nil }
            guard byte == 0x5C else {
                decoded.append(byte)
                index += 1
                continue
            }
            guard let (scalar, length) = escape(in: content, at: index) else { return nil }
            decoded.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
            index += length
        }
        return String(validating: decoded, as: UTF8.self)
    }

    /// The character that the escape at `index` (its backslash) stands for, and how many bytes spell it: 2,
    /// 6, or 12 for a surrogate pair.
    static func escape(
        in content: UnsafeRawBufferPointer, at index: Int
    ) -> (scalar: Unicode.Scalar, length: Int)? {
        guard index + 1 < content.count else { return nil }
        switch content[index + 1] {
        case 0x22, 0x2F, 0x5C: return (Unicode.Scalar(content[index + 1]), 2)
        case 0x62: return ("\u{08}", 2)
        case 0x66: return ("\u{0C}", 2)
        case 0x6E: return ("\n", 2)
        case 0x72: return ("\r", 2)
        case 0x74: return ("\t", 2)
        case 0x75:
            guard let unit = codeUnit(in: content, at: index + 2) else { return nil }
            if let scalar = Unicode.Scalar(unit) { return (scalar, 6) }
            guard UTF16.isLeadSurrogate(unit), index + 12 <= content.count, content[index + 6] == 0x5C,
                content[index + 7] == 0x75, let low = codeUnit(in: content, at: index + 8),
                UTF16.isTrailSurrogate(low)
            else { return nil }
            let value = 0x10000 + (UInt32(unit) - 0xD800) << 10 + (UInt32(low) - 0xDC00)
            return Unicode.Scalar(value).map { ($0, 12) }
        default: return nil
        }
    }

    private static func codeUnit(in content: UnsafeRawBufferPointer, at index: Int) -> UInt16? {
        guard index + 4 <= content.count else { return nil }
        var unit: UInt16 = 0
        for byte in content[index..<index + 4] {
            guard let digit = hexDigit(byte) else { return nil }
            unit = unit << 4 | UInt16(digit)
        }
        return unit
    }

    /// The value of one hexadecimal digit of either case.
    @inlinable
    package static func hexDigit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x41...0x46: byte - 0x41 + 10
        case 0x61...0x66: byte - 0x61 + 10
        default: nil
        }
    }
}
