/// Where name and value stand in a field line that is well-formed (RFC 9110 5): offsets into what the line is
/// a part of.
struct FieldLine {
    let colon: Int
    /// Without the white space around it; empty at the line's end where there is none.
    let value: Range<Int>

    /// Nil where the name is no token, or the value holds a control character.
    init?(_ bytes: UnsafeRawBufferPointer, _ line: Range<Int>) {
        var colon = line.lowerBound
        while colon < line.upperBound, Self.isToken(bytes[colon]) { colon += 1 }
        guard colon > line.lowerBound, colon < line.upperBound, bytes[colon] == 0x3A else { return nil }
        var start = colon + 1
        var end = line.upperBound
        while start < end, Self.isSpace(bytes[start]) { start += 1 }
        while end > start, Self.isSpace(bytes[end - 1]) { end -= 1 }
        guard Self.isClean(UnsafeRawBufferPointer(rebasing: bytes[start..<end])) else { return nil }
        self.colon = colon
        value = start..<end
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

    /// No control character but the tab. (No early exit, so that many bytes are looked at at once.)
    static func isClean(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var found: UInt8 = 0
        for byte in bytes { found |= (byte < 0x20 ? 1 : 0) & (byte == 0x09 ? 0 : 1) | (byte == 0x7F ? 1 : 0) }
        return found == 0
    }

    /// RFC 9110 5.6.2: letters, digits and !#$%&'*+-.^_`|~, a bit for each.
    private static func isToken(_ byte: UInt8) -> Bool {
        let low: UInt64 = 0x03FF_6CFA_0000_0000
        let high: UInt64 = 0x57FF_FFFF_C7FF_FFFE
        return byte < 0x80 && (byte < 0x40 ? low : high) >> UInt64(byte & 0x3F) & 1 == 1
    }
}
