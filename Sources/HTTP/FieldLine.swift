/// Name and value of one well-formed field line (RFC 9110 5), as offsets into the bytes that hold the line.
package struct FieldLine {
    /// Offset of the colon, where the name ends.
    package let colon: Int
    /// The value without the white space around it; an empty range at the end of the line for an empty value.
    package let value: Range<Int>

    /// - Parameters:
    ///   - line: The line without its line end, as a range of `bytes`.
    /// - Returns: nil if the name is not a token directly followed by a colon, or if the value holds a
    ///   control character other than the tab.
    package init?(_ bytes: UnsafeRawBufferPointer, _ line: Range<Int>) {
        var colon = line.lowerBound
        while colon < line.upperBound, unsafe Self.isToken(bytes[colon]) { colon += 1 }
        guard colon > line.lowerBound, colon < line.upperBound, unsafe bytes[colon] == 0x3A else {
            return nil
        }
        var start = colon + 1
        var end = line.upperBound
        while start < end, unsafe Self.isSpace(bytes[start]) { start += 1 }
        while end > start, unsafe Self.isSpace(bytes[end - 1]) { end -= 1 }
        guard unsafe Self.isClean(UnsafeRawBufferPointer(rebasing: bytes[start..<end])) else { return nil }
        self.colon = colon
        value = start..<end
    }

    /// Whether no byte is a control character other than the tab.
    package static func isClean(_ bytes: UnsafeRawBufferPointer) -> Bool {
        let count = bytes.count
        guard count >= 8 else { return unsafe bytes.allSatisfy { !isControl($0) } }
        // Eight bytes at a time; the last eight may overlap those before.
        var index = 0
        while true {
            let word = unsafe bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self)
            if mayHoldControl(word) { return unsafe bytes.allSatisfy { !isControl($0) } }
            guard index < count - 8 else { return true }
            index = min(index + 8, count - 8)
        }
    }

    private static func isControl(_ byte: UInt8) -> Bool {
        byte < 0x20 && byte != 0x09 || byte == 0x7F
    }

    /// False only if none of the eight bytes is a control character. True may also mean a tab, or a byte next
    /// to one that is.
    @inline(__always)
    private static func mayHoldControl(_ word: UInt64) -> Bool {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let delete = word ^ (ones &* 0x7F)
        let found = (word &- ones &* 0x20) & ~word | (delete &- ones) & ~delete
        return found & (ones &* 0x80) != 0
    }

    /// Optional white space, RFC 9110 5.6.3.
    @inline(__always)
    static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

    /// RFC 9110 5.6.2: letters, digits and !#$%&'*+-.^_`|~, one bit for each.
    @inline(__always)
    private static func isToken(_ byte: UInt8) -> Bool {
        // Nearly every byte of a name.
        if (byte | 0x20) &- 0x61 < 26 { return true }
        let low: UInt64 = 0x03FF_6CFA_0000_0000
        let high: UInt64 = 0x57FF_FFFF_C7FF_FFFE
        return byte < 0x80 && (byte < 0x40 ? low : high) >> UInt64(byte & 0x3F) & 1 == 1
    }
}
