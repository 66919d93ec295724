/// The alphabet of every id and credential Latchkey issues: `0-9A-Za-z`, in the order of ASCII.
///
/// Only letters and digits, so a double click selects a whole credential and no shell, URL or log needs to
/// quote one.
package enum Base62 {
    package static let alphabet: [UInt8] = Array(
        "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8)

    /// The digit a byte stands for, or nil where the byte is not of the alphabet.
    @inlinable @inline(__always)
    package static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x41...0x5A: byte - 0x41 + 10
        case 0x61...0x7A: byte - 0x61 + 36
        default: nil
        }
    }

    /// True where the byte is of the alphabet: a bit for each.
    @inlinable @inline(__always)
    package static func contains(_ byte: UInt8) -> Bool {
        let low: UInt64 = 0x03FF_0000_0000_0000
        let high: UInt64 = 0x07FF_FFFE_07FF_FFFE
        return byte < 0x80 && (byte < 0x40 ? low : high) >> UInt64(byte & 0x3F) & 1 == 1
    }

    /// True where every byte is of the alphabet.
    package static func isValid(_ bytes: UnsafeRawBufferPointer) -> Bool {
        for byte in bytes { guard contains(byte) else { return false } }
        return true
    }

    /// `value` with exactly `width` digits, padded with `0`; higher digits that do not fit are cut off.
    package static func encode(_ value: UInt64, width: Int) -> [UInt8] {
        var digits = [UInt8](repeating: alphabet[0], count: width)
        var rest = value
        var index = width - 1
        while rest > 0, index >= 0 {
            digits[index] = alphabet[Int(rest % 62)]
            rest /= 62
            index -= 1
        }
        return digits
    }
}
