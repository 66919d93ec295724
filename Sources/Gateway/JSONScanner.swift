import Domain

/// Walks the top level of a JSON object and checks the structure of all that lies below it, by ranges of
/// bytes alone: iteratively, with one bit of memory per open bracket.
///
/// Refused, beside what RFC 8259 refuses in structure: strings with raw control characters or unknown escapes
/// (a lenient parser could end them elsewhere) and anything deeper than ``BodyPeek/depthLimit``.
///
/// On the way over a value it can look out for what a ``Watch`` names, without a second pass.
struct JSONScanner {
    /// A key and a value of the top level, where they stand in the bytes.
    struct Member {
        var key: Key
        /// With its quotes or brackets.
        var value: Range<Int>

        func value(in bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
            UnsafeRawBufferPointer(rebasing: bytes[value])
        }
    }

    struct Key {
        /// Without its quotes.
        var range: Range<Int>
        /// True where the key is ASCII without escapes.
        var isPlain: Bool
    }

    /// What to look out for inside a value.
    enum Watch {
        case nothing
        /// Keys of messages and input items that stand for more than the bytes they are written with.
        case content
        /// The `type` of each tool, and whether it has a `model`.
        case tools
    }

    private enum State { case unopened, opened, behindMember, closed }

    /// What the watches found.
    private(set) var findings: OpenEnds = []
    /// The images, files and sounds that they found, and the bytes of strings that hold such.
    private(set) var mediaCount = 0
    private(set) var mediaBytes = 0
    /// The key last met holds an image, a file or a sound.
    private var isMedia = false
    private let bytes: UnsafeRawBufferPointer
    private var index = 0
    private var state = State.unopened
    /// Of the top level.
    private var keyCount = 0

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    /// The next member, or nil behind the last one, when all bytes were read.
    mutating func nextMember() throws(Rejection) -> Member? {
        guard let key = try nextKey() else { return nil }
        return Member(key: key, value: try nextValue(watching: .nothing))
    }

    /// The next member's key, or nil behind the last one. After a key, ``nextValue(watching:)`` is due.
    /// Throws ``Rejection/tooManyKeys(limit:)`` at the first beyond ``BodyPeek/keyLimit``: the caller does
    /// something for each.
    mutating func nextKey() throws(Rejection) -> Key? {
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
        guard keyCount < BodyPeek.keyLimit else { throw .tooManyKeys(limit: BodyPeek.keyLimit) }
        keyCount += 1
        let key = try key()
        state = .behindMember
        return key
    }

    /// Where the value of the key just read stands.
    mutating func nextValue(watching watch: Watch) throws(Rejection) -> Range<Int> {
        skipWhiteSpace()
        isMedia = false
        let start = index
        try value(watching: watch)
        return start..<index
    }

    private mutating func close() throws(Rejection) -> Key? {
        try closeText()
        return nil
    }

    /// Behind the last bracket there is nothing.
    private mutating func closeText() throws(Rejection) {
        index += 1
        skipWhiteSpace()
        guard index == bytes.count else { throw .malformedBody }
        state = .closed
    }

    /// Of a text that is an array: where the next element stands, or nil behind the last one, when all bytes
    /// were read.
    mutating func nextElement() throws(Rejection) -> Range<Int>? {
        skipWhiteSpace()
        switch state {
        case .unopened:
            try take(0x5B)
            skipWhiteSpace()
            state = .opened
            guard !peekIs(0x5D) else {
                try closeText()
                return nil
            }
        case .opened: break
        case .behindMember:
            guard !peekIs(0x5D) else {
                try closeText()
                return nil
            }
            try take(0x2C)
        case .closed: return nil
        }
        state = .behindMember
        return try nextValue(watching: .nothing)
    }

    // MARK: - Values

    /// Reads over one value, however deep.
    private mutating func value(watching watch: Watch) throws(Rejection) {
        var open = Brackets()
        repeat {
            // Here a value has to come.
            skipWhiteSpace()
            guard index < bytes.count else { throw .malformedBody }
            switch bytes[index] {
            case 0x22:
                let start = index
                try skipString()
                if isMedia { mediaBytes += index - start }
            case 0x7B:
                try open.push(isObject: true)
                index += 1
                skipWhiteSpace()
                guard peekIs(0x7D) else {
                    try nestedKey(depth: open.depth, watching: watch)
                    continue
                }
            case 0x5B:
                try open.push(isObject: false)
                index += 1
                skipWhiteSpace()
                guard peekIs(0x5D) else { continue }
            default: try scalar()
            }
            try closeAndGoOn(&open, watching: watch)
        } while open.depth > 0
    }

    /// Behind a value: closes what ends there, and goes to where the next value has to come.
    private mutating func closeAndGoOn(_ open: inout Brackets, watching watch: Watch) throws(Rejection) {
        while open.depth > 0 {
            skipWhiteSpace()
            guard index < bytes.count else { throw .malformedBody }
            switch bytes[index] {
            case 0x2C:
                index += 1
                guard open.isObject else { return }
                skipWhiteSpace()
                return try nestedKey(depth: open.depth, watching: watch)
            case 0x7D: guard open.isObject else { throw .malformedBody }
            case 0x5D: guard !open.isObject else { throw .malformedBody }
            default: throw .malformedBody
            }
            index += 1
            open.pop()
        }
    }

    private mutating func nestedKey(depth: Int, watching watch: Watch) throws(Rejection) {
        let key = try key()
        switch watch {
        case .nothing: return
        case .content: note(key, depth: depth)
        case .tools: noteTool(key, depth: depth)
        }
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

    // MARK: - Strings

    /// Reads over a key and the colon behind it.
    private mutating func key() throws(Rejection) -> Key {
        let start = index + 1
        let hasEscape = try skipString()
        let range = start..<index - 1
        skipWhiteSpace()
        try take(0x3A)
        return Key(range: range, isPlain: !hasEscape && bytes.isASCII(range))
    }

    /// Reads over a string, and tells whether it has an escape.
    @discardableResult
    private mutating func skipString() throws(Rejection) -> Bool {
        try take(0x22)
        var hasEscape = false
        while true {
            skipOrdinaryCharacters()
            guard index < bytes.count else { throw .malformedBody }
            switch bytes[index] {
            case 0x22:
                index += 1
                return hasEscape
            case 0x5C:
                hasEscape = true
                try escape()
            default: throw .malformedBody
            }
        }
    }

    private mutating func escape() throws(Rejection) {
        guard index + 1 < bytes.count else { throw .malformedBody }
        switch bytes[index + 1] {
        case 0x22, 0x2F, 0x5C, 0x62, 0x66, 0x6E, 0x72, 0x74: index += 2
        case 0x75:
            guard index + 6 <= bytes.count else { throw .malformedBody }
            for place in index + 2..<index + 6 where JSONText.hexDigit(bytes[place]) == nil {
                throw .malformedBody
            }
            index += 6
        default: throw .malformedBody
        }
    }

    /// Goes to the next quote, backslash or control character: one word for the many short strings, then by
    /// vectors, for bodies are mostly long ones.
    private mutating func skipOrdinaryCharacters() {
        let count = bytes.count
        var index = index
        defer { self.index = index }
        if index + 8 <= count {
            let found = Self.special(in: bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self))
            guard found == 0 else {
                index += found.trailingZeroBitCount / 8
                return
            }
            index += 8
        }
        // Two vectors of 16: wider ones are miscompiled beside async code (Swift 6.3.1).
        while index + 32 <= count {
            let first = bytes.loadUnaligned(fromByteOffset: index, as: SIMD16<UInt8>.self)
            let second = bytes.loadUnaligned(fromByteOffset: index + 16, as: SIMD16<UInt8>.self)
            guard !Self.hasSpecial(first, second) else { break }
            index += 32
        }
        while index + 8 <= count {
            let found = Self.special(in: bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self))
            guard found == 0 else {
                index += found.trailingZeroBitCount / 8
                return
            }
            index += 8
        }
        while index < count, bytes[index] != 0x22, bytes[index] != 0x5C, bytes[index] >= 0x20 { index += 1 }
    }

    /// The high bit of each byte that is a quote, a backslash or below 0x20; the lowest one set is exact.
    @inline(__always)
    private static func special(in word: UInt64) -> UInt64 {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let highs: UInt64 = 0x8080_8080_8080_8080
        let word = UInt64(littleEndian: word)
        let quote = word ^ (ones &* 0x22)
        let backslash = word ^ (ones &* 0x5C)
        return ((quote &- ones) & ~quote | (backslash &- ones) & ~backslash | (word &- ones &* 0x20) & ~word)
            & highs
    }

    /// Whether any byte of the two is one of those.
    @inline(__always)
    private static func hasSpecial(_ first: SIMD16<UInt8>, _ second: SIMD16<UInt8>) -> Bool {
        let quote = SIMD16<UInt8>(repeating: 0x22)
        let backslash = SIMD16<UInt8>(repeating: 0x5C)
        let space = SIMD16<UInt8>(repeating: 0x20)
        let found =
            (first .== quote) .| (first .== backslash) .| (first .< space) .| (second .== quote)
            .| (second .== backslash) .| (second .< space)
        let halves = unsafeBitCast(found, to: SIMD2<UInt64>.self)
        return halves[0] | halves[1] != 0
    }

    // MARK: - Watches

    /// A key inside `messages` or `input`. One that hides its spelling is taken for one of those we look for.
    private mutating func note(_ key: Key, depth: Int) {
        isMedia = false
        guard key.isPlain else { return findings.formUnion(.unreadable) }
        let name = UnsafeRawBufferPointer(rebasing: bytes[key.range])
        switch name.count {
        case 2: if depth == 2, name.spellsInAnyCase("id") { findings.formUnion(.storedItem) }
        // Within `image_url` and `input_audio`.
        case 3: isMedia = name.spellsInAnyCase("url")
        case 4: isMedia = name.spellsInAnyCase("data")
        case 5:
            if name.spellsInAnyCase("audio") { found(.audio) }
            if name.spellsInAnyCase("tools") { findings.formUnion(.builtInTool) }
        case 6: if depth == 2, name.spellsInAnyCase("result") { found(.image) }
        case 7: if name.spellsInAnyCase("file_id") { found(.file) }
        case 8: if name.spellsInAnyCase("file_url") { found(.file) }
        case 9:
            if name.spellsInAnyCase("image_url") || name.spellsInAnyCase("video_url") { found(.image) }
            if name.spellsInAnyCase("file_data") { found(.file) }
        case 11: if name.spellsInAnyCase("input_audio") { found(.audio) }
        default: break
        }
    }

    private mutating func found(_ media: OpenEnds) {
        findings.formUnion(media)
        isMedia = true
        mediaCount += 1
    }

    /// The `type` of an element of `tools`, whose value comes next: those that the upstream runs itself read
    /// and write what no byte of the request tells.
    private mutating func noteTool(_ key: Key, depth: Int) {
        guard depth == 2 else { return }
        guard key.isPlain else { return findings.formUnion([.builtInTool, .otherModel]) }
        let name = UnsafeRawBufferPointer(rebasing: bytes[key.range])
        if name.spellsInAnyCase("model") { findings.formUnion(.otherModel) }
        guard name.spellsInAnyCase("type") else { return }
        skipWhiteSpace()
        let rest = UnsafeRawBufferPointer(rebasing: bytes[index...])
        if !rest.begins(with: "\"function\""), !rest.begins(with: "\"custom\"") {
            findings.formUnion(.builtInTool)
        }
    }

    // MARK: - Bytes

    @inline(__always)
    private func peekIs(_ byte: UInt8) -> Bool { index < bytes.count && bytes[index] == byte }

    @inline(__always)
    private mutating func take(_ byte: UInt8) throws(Rejection) {
        guard peekIs(byte) else { throw .malformedBody }
        index += 1
    }

    @inline(__always)
    private mutating func skipWhiteSpace() {
        while index < bytes.count {
            switch bytes[index] {
            case 0x20, 0x0A, 0x0D, 0x09: index += 1
            default: return
            }
        }
    }
}
