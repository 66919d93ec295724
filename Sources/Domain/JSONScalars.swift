/// The characters between the quotes of a JSON string, one after the other: what ``JSONText/decode(_:)``
/// decodes as a whole, without memory for the result.
package struct JSONScalars {
    private let content: UnsafeRawBufferPointer
    private var index = 0
    /// True once it came to what is no text; ``next()`` then gives nil.
    package private(set) var isMalformed = false

    package init(_ content: UnsafeRawBufferPointer) { self.content = content }

    /// nil after the last one.
    @inline(__always)
    package mutating func next() -> Unicode.Scalar? {
        guard index < content.count, !isMalformed else { return nil }
        let byte = content[index]
        guard byte < 0x80 else { return sequence(from: byte) }
        guard byte != 0x5C else { return escape() }
        guard byte >= 0x20, byte != 0x22 else { return fail() }
        index += 1
        return Unicode.Scalar(byte)
    }

    private mutating func escape() -> Unicode.Scalar? {
        guard let (scalar, length) = JSONText.escape(in: content, at: index) else { return fail() }
        index += length
        return scalar
    }

    /// UTF-8 of two to four bytes (RFC 3629, section 4): the shortest form alone, and no surrogate.
    private mutating func sequence(from first: UInt8) -> Unicode.Scalar? {
        let (length, least): (Int, UInt32)
        switch first {
        case 0xC2...0xDF: (length, least) = (2, 0x80)
        case 0xE0...0xEF: (length, least) = (3, 0x800)
        case 0xF0...0xF4: (length, least) = (4, 0x10000)
        default: return fail()
        }
        guard content.count - index >= length else { return fail() }
        var value = UInt32(first) & (0x7F >> UInt32(length))
        for place in index + 1..<index + length {
            guard content[place] & 0xC0 == 0x80 else { return fail() }
            value = value << 6 | UInt32(content[place] & 0x3F)
        }
        guard value >= least, let scalar = Unicode.Scalar(value) else { return fail() }
        index += length
        return scalar
    }

    private mutating func fail() -> Unicode.Scalar? {
        isMalformed = true
        return nil
    }
}
