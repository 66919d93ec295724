import Domain

/// Walks the top level of a JSON object and checks the structure of all that lies below it, by ranges of
/// bytes alone: iteratively, with one bit of memory per open bracket.
///
/// Refused, beside what RFC 8259 refuses in structure: strings with raw control characters or unknown escapes
/// (a lenient parser could end them elsewhere) and anything deeper than ``BodyPeek/depthLimit``.
struct JSONScanner {
    /// A key and a value of the top level, where they stand in the bytes.
    struct Member {
        /// Without its quotes.
        var key: Range<Int>
        /// True where the key is ASCII without escapes.
        var keyIsPlain: Bool
        /// With its quotes or brackets.
        var value: Range<Int>

        func value(in bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
            UnsafeRawBufferPointer(rebasing: bytes[value])
        }
    }

    private enum State { case unopened, opened, behindMember, closed }

    private let bytes: UnsafeRawBufferPointer
    private var index = 0
    private var state = State.unopened

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    /// The next member, or nil behind the last one, when all bytes were read.
    mutating func nextMember() throws(Rejection) -> Member? {
        skipWhiteSpace()
        switch state {
        case .unopened:
            guard index < bytes.count else {
                state = .closed
                return nil
            }
            try take(0x7B)
            skipWhiteSpace()
            state = .opened
            if peekIs(0x7D) { return try close() }
        case .opened: break
        case .behindMember:
            if peekIs(0x7D) { return try close() }
            try take(0x2C)
            skipWhiteSpace()
        case .closed: return nil
        }
        let key = try string()
        let keyIsPlain = bytes[key].allSatisfy { $0 < 0x80 && $0 != 0x5C }
        skipWhiteSpace()
        try take(0x3A)
        skipWhiteSpace()
        let start = index
        try value()
        state = .behindMember
        return Member(key: key, keyIsPlain: keyIsPlain, value: start..<index)
    }

    private mutating func close() throws(Rejection) -> Member? {
        index += 1
        skipWhiteSpace()
        guard index == bytes.count else { throw .malformedBody }
        state = .closed
        return nil
    }

    // MARK: - Values

    /// What has to come next inside a nested value.
    private enum Expectation { case value, valueOrEnd, key, keyOrEnd, commaOrEnd }

    /// Reads over one value, however deep.
    private mutating func value() throws(Rejection) {
        var open = Brackets()
        var expectation = Expectation.value
        repeat {
            skipWhiteSpace()
            guard index < bytes.count else { throw .malformedBody }
            let byte = bytes[index]
            switch (expectation, byte) {
            case (.value, 0x7B), (.valueOrEnd, 0x7B):
                try open.push(isObject: true)
                index += 1
                expectation = .keyOrEnd
            case (.value, 0x5B), (.valueOrEnd, 0x5B):
                try open.push(isObject: false)
                index += 1
                expectation = .valueOrEnd
            case (.value, 0x22), (.valueOrEnd, 0x22):
                _ = try string()
                expectation = .commaOrEnd
            case (.keyOrEnd, 0x22), (.key, 0x22):
                _ = try string()
                skipWhiteSpace()
                try take(0x3A)
                expectation = .value
            case (.commaOrEnd, 0x2C):
                index += 1
                expectation = open.isObject ? .key : .value
            case (.commaOrEnd, 0x7D), (.keyOrEnd, 0x7D), (.commaOrEnd, 0x5D), (.valueOrEnd, 0x5D):
                guard open.isObject == (byte == 0x7D) else { throw .malformedBody }
                open.pop()
                index += 1
                expectation = .commaOrEnd
            case (.value, _), (.valueOrEnd, _):
                try scalar()
                expectation = .commaOrEnd
            case (.key, _), (.keyOrEnd, _), (.commaOrEnd, _):
                throw .malformedBody
            }
        } while open.depth > 0
    }

    /// A number or a literal: a run of the bytes they are made of.
    private mutating func scalar() throws(Rejection) {
        let start = index
        while index < bytes.count, Self.isScalar(bytes[index]) { index += 1 }
        guard index > start else { throw .malformedBody }
    }

    private static func isScalar(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2B, 0x2D, 0x2E: true
        default: false
        }
    }

    /// Reads over a string and tells where its content stands.
    private mutating func string() throws(Rejection) -> Range<Int> {
        try take(0x22)
        let start = index
        while true {
            skipOrdinaryCharacters()
            guard index < bytes.count else { throw .malformedBody }
            switch bytes[index] {
            case 0x22:
                index += 1
                return start..<index - 1
            case 0x5C: try escape()
            default: throw .malformedBody
            }
        }
    }

    private mutating func escape() throws(Rejection) {
        guard index + 1 < bytes.count else { throw .malformedBody }
        switch bytes[index + 1] {
        case 0x22, 0x2F, 0x5C, 0x62, 0x66, 0x6E, 0x72, 0x74: index += 2
        case 0x75:
            guard index + 6 <= bytes.count,
                bytes[index + 2..<index + 6].allSatisfy({ JSONText.hexDigit($0) != nil })
            else { throw .malformedBody }
            index += 6
        default: throw .malformedBody
        }
    }

    /// Goes to the next quote, backslash or control character, eight bytes at a time: bodies are mostly long
    /// strings.
    private mutating func skipOrdinaryCharacters() {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let highs: UInt64 = 0x8080_8080_8080_8080
        while index + 8 <= bytes.count {
            let word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self))
            let quote = word ^ (ones &* 0x22)
            let backslash = word ^ (ones &* 0x5C)
            // The high bit of each byte that is zero, zero, or below 0x20; the lowest one set is exact.
            let found =
                ((quote &- ones) & ~quote | (backslash &- ones) & ~backslash | (word &- ones &* 0x20) & ~word)
                & highs
            guard found == 0 else {
                index += found.trailingZeroBitCount / 8
                return
            }
            index += 8
        }
        while index < bytes.count, bytes[index] != 0x22, bytes[index] != 0x5C, bytes[index] >= 0x20 {
            index += 1
        }
    }

    // MARK: - Bytes

    private func peekIs(_ byte: UInt8) -> Bool { index < bytes.count && bytes[index] == byte }

    private mutating func take(_ byte: UInt8) throws(Rejection) {
        guard peekIs(byte) else { throw .malformedBody }
        index += 1
    }

    private mutating func skipWhiteSpace() {
        while index < bytes.count {
            switch bytes[index] {
            case 0x20, 0x0A, 0x0D, 0x09: index += 1
            default: return
            }
        }
    }

    /// The brackets that are open, innermost last: a bit each, set for objects.
    private struct Brackets {
        private(set) var depth = 0
        private var words = SIMD8<UInt64>()

        /// The top level is one level of the bound.
        mutating func push(isObject: Bool) throws(Rejection) {
            guard depth + 1 < BodyPeek.depthLimit else { throw .malformedBody }
            let bit: UInt64 = 1 << UInt64(depth % 64)
            if isObject { words[depth / 64] |= bit } else { words[depth / 64] &= ~bit }
            depth += 1
        }

        mutating func pop() { depth -= 1 }

        var isObject: Bool { depth > 0 && words[(depth - 1) / 64] >> UInt64((depth - 1) % 64) & 1 == 1 }
    }
}
