/// A count as JSON spells it: read by its digits alone, without the rounding of floating point.
enum WireNumber {
    /// The longest text that is taken for a number; a longer one is none.
    static let textLimit = 64
    /// No count is larger: the rest of the arithmetic needs no thought of overflow.
    static let limit: Int64 = 1_000_000_000_000_000

    /// A whole number, a fraction rounded up; nil where the text is no number. Below zero is zero.
    static func count(_ text: UnsafeRawBufferPointer) -> Int64? {
        thousandths(text).map { min(limit, ($0 + 999) / 1000) }
    }

    /// Of a text that is a number: it is a whole one of at least zero, however it is spelt.
    static func isWhole(_ text: UnsafeRawBufferPointer) -> Bool {
        guard let parts = parts(text) else { return false }
        guard parts.digits > 0 else { return true }
        guard !parts.isNegative else { return false }
        var digits = parts.digits
        var exponent = parts.exponent
        while exponent < 0, digits % 10 == 0 {
            digits /= 10
            exponent += 1
        }
        return exponent >= 0
    }

    /// A thousand times the number, rounded up.
    static func thousandths(_ text: UnsafeRawBufferPointer) -> Int64? {
        guard let (digits, exponent, isNegative) = parts(text) else { return nil }
        guard !isNegative, digits > 0 else { return 0 }
        var value = digits
        var shift = exponent + 3
        while shift > 0 {
            guard value < limit * 100 else { return limit * 1000 }
            value *= 10
            shift -= 1
        }
        while shift < 0, value > 1 {
            value = (value + 9) / 10
            shift += 1
        }
        return min(value, limit * 1000)
    }

    /// The number is `digits` times ten to the `exponent`; digits behind the eighteenth only round up.
    private static func parts(
        _ text: UnsafeRawBufferPointer
    ) -> (digits: Int64, exponent: Int, isNegative: Bool)? {
        guard text.count <= textLimit else { return nil }
        var index = text.first == 0x2D ? 1 : 0
        var digits: Int64 = 0
        var exponent = 0
        var isBehindPoint = false
        var hasDigits = false
        var isRounded = false
        while index < text.count, text[index] != 0x65, text[index] != 0x45 {
            let byte = text[index]
            index += 1
            if byte == 0x2E, !isBehindPoint, hasDigits {
                isBehindPoint = true
                continue
            }
            guard (0x30...0x39).contains(byte) else { return nil }
            hasDigits = true
            if digits < 100_000_000_000_000_000 {
                digits = digits * 10 + Int64(byte & 15)
                exponent -= isBehindPoint ? 1 : 0
            } else {
                isRounded = isRounded || byte != 0x30
                exponent += isBehindPoint ? 0 : 1
            }
        }
        guard hasDigits, let power = power(text, index) else { return nil }
        return (digits + (isRounded ? 1 : 0), exponent + power, text.first == 0x2D)
    }

    /// What stands behind the `e`, held between -999 and 999.
    private static func power(_ text: UnsafeRawBufferPointer, _ start: Int) -> Int? {
        guard start < text.count else { return 0 }
        var index = start + 1
        guard index < text.count else { return nil }
        let isNegative = text[index] == 0x2D
        if isNegative || text[index] == 0x2B { index += 1 }
        guard index < text.count else { return nil }
        var power = 0
        while index < text.count {
            guard (0x30...0x39).contains(text[index]) else { return nil }
            power = min(999, power * 10 + Int(text[index] & 15))
            index += 1
        }
        return isNegative ? -power : power
    }
}
