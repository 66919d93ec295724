/// What is looked for in the bytes of a JSON text, eight of them at a time. Indices are counted from a base
/// address; every look stays in front of `end`.
enum JSONBytes {
    static let quote: UInt8 = 0x22
    static let backslash: UInt8 = 0x5C

    /// Where the first quote, backslash or control character stands at or behind `start`; `end` without one.
    @inline(__always)
    static func stringEnd(_ base: UnsafePointer<UInt8>, _ start: Int, _ end: Int) -> Int {
        var index = start
        while index &+ 8 <= end {
            let found = stringEnds(in: word(base, index))
            guard found == 0 else { return index &+ found.trailingZeroBitCount >> 3 }
            index &+= 8
        }
        while index < end {
            let byte = base[index]
            if byte == quote || byte == backslash || byte < 0x20 { break }
            index &+= 1
        }
        return index
    }

    /// The high bit of each byte that may end a run of a string's characters; the lowest one set is exact.
    @inline(__always)
    private static func stringEnds(in word: UInt64) -> UInt64 {
        let ones: UInt64 = 0x0101_0101_0101_0101
        // A quote (0x22) becomes 0x20, a control character stays one, and nothing else comes below 0x21.
        let low = word ^ (ones &* 0x02)
        let backslash = word ^ (ones &* 0x5C)
        return ((low &- ones &* 0x21) & ~low | (backslash &- ones) & ~backslash) & (ones &* 0x80)
    }

    /// Where the first line feed or carriage return stands at or behind `start`; `end` without one.
    static func lineEnd(_ base: UnsafePointer<UInt8>, _ start: Int, _ end: Int) -> Int {
        let ones: UInt64 = 0x0101_0101_0101_0101
        var index = start
        while index &+ 8 <= end {
            let word = word(base, index)
            let feed = word ^ (ones &* 0x0A)
            let ret = word ^ (ones &* 0x0D)
            let found = ((feed &- ones) & ~feed | (ret &- ones) & ~ret) & (ones &* 0x80)
            guard found == 0 else { return index &+ found.trailingZeroBitCount >> 3 }
            index &+= 8
        }
        while index < end, base[index] != 0x0A, base[index] != 0x0D { index &+= 1 }
        return index
    }

    /// Goes over what spaces there are, a word of them at a time; it may stop in front of another.
    @inline(__always)
    static func pastIndent(_ base: UnsafePointer<UInt8>, _ start: Int, _ end: Int) -> Int {
        guard start &+ 8 <= end else { return start }
        let others = word(base, start) ^ 0x2020_2020_2020_2020
        return start &+ (others == 0 ? 8 : others.trailingZeroBitCount >> 3)
    }

    /// The eight bytes from `index` on, the first one lowest.
    @inline(__always)
    static func word(_ base: UnsafePointer<UInt8>, _ index: Int) -> UInt64 {
        UInt64(littleEndian: UnsafeRawPointer(base).loadUnaligned(fromByteOffset: index, as: UInt64.self))
    }

    /// At most eight bytes from `index` on, the first one lowest, zeros behind them.
    @inline(__always)
    static func word(_ base: UnsafePointer<UInt8>, _ index: Int, count: Int, end: Int) -> UInt64 {
        guard index &+ 8 > end else {
            return word(base, index) & (count == 8 ? .max : (1 &<< UInt64(8 &* count)) &- 1)
        }
        var word: UInt64 = 0
        for offset in 0..<count { word |= UInt64(base[index &+ offset]) &<< UInt64(8 &* offset) }
        return word
    }

    /// What numbers and literals are made of.
    @inline(__always)
    static func isScalar(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2B, 0x2D, 0x2E: true
        default: false
        }
    }
}
