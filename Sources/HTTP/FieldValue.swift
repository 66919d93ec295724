/// What names and values of fields say; the bytes hold no control character but the tab.
package enum FieldValue {
    /// Equal except for the case of ASCII letters.
    ///
    /// - Parameters:
    ///   - literal: Lower-case letters and hyphens, which differ in bit 5 from nothing but upper-case letters
    ///     and control characters.
    static func equals(_ bytes: UnsafeRawBufferPointer, _ literal: StaticString) -> Bool {
        guard bytes.count == literal.utf8CodeUnitCount else { return false }
        for index in 0..<bytes.count where unsafe bytes[index] | 0x20 != literal.utf8Start[index] {
            return false
        }
        return true
    }

    /// Whether a comma-separated list (RFC 9110 5.6.1) has `member`, which is as in ``equals(_:_:)``.
    static func lists(_ value: UnsafeRawBufferPointer, _ member: StaticString) -> Bool {
        var start = 0
        while start < value.count {
            var next = start
            while next < value.count, unsafe value[next] != 0x2C { next += 1 }
            var end = next
            while start < end, unsafe FieldLine.isSpace(value[start]) { start += 1 }
            while end > start, unsafe FieldLine.isSpace(value[end - 1]) { end -= 1 }
            if unsafe equals(UnsafeRawBufferPointer(rebasing: value[start..<end]), member) { return true }
            start = next + 1
        }
        return false
    }

    /// Digits alone, RFC 9110 8.6, in bytes; nil if it is something else or greater than an `Int`.
    package static func length(_ value: UnsafeRawBufferPointer) -> Int? {
        guard value.count > 0 else { return nil }
        var length = 0
        for index in 0..<value.count {
            let byte = unsafe value[index]
            guard byte >= 0x30, byte <= 0x39 else { return nil }
            let (tens, overflow) = length.multipliedReportingOverflow(by: 10)
            let (sum, overflowToo) = tens.addingReportingOverflow(Int(byte) - 0x30)
            guard !overflow, !overflowToo else { return nil }
            length = sum
        }
        return length
    }
}
