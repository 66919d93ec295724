/// The recursive descent behind ``JSONValue``: one position that only goes forward.
struct JSONReader {
    private let bytes: UnsafeRawBufferPointer
    private var index = 0

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    /// One value and nothing else but white space.
    mutating func document() throws(JSONValue.Malformed) -> JSONValue {
        let value = try self.value(depth: 0)
        skipWhiteSpace()
        guard index == bytes.count else { throw malformed }
        return value
    }

    private var malformed: JSONValue.Malformed { JSONValue.Malformed(offset: index) }
    private var next: UInt8? { index < bytes.count ? bytes[index] : nil }

    private mutating func value(depth: Int) throws(JSONValue.Malformed) -> JSONValue {
        skipWhiteSpace()
        switch next {
        case 0x7B: return .object(try object(depth: depth + 1))
        case 0x5B: return .array(try array(depth: depth + 1))
        case 0x22: return .string(try string())
        case 0x74: return try literal("true", .bool(true))
        case 0x66: return try literal("false", .bool(false))
        case 0x6E: return try literal("null", .null)
        default: return .number(try number())
        }
    }

    private mutating func object(depth: Int) throws(JSONValue.Malformed) -> [JSONValue.Member] {
        guard depth <= JSONValue.depthLimit else { throw malformed }
        index += 1
        var members: [JSONValue.Member] = []
        skipWhiteSpace()
        if take(0x7D) { return members }
        repeat {
            skipWhiteSpace()
            guard next == 0x22 else { throw malformed }
            let key = try string()
            skipWhiteSpace()
            guard take(0x3A) else { throw malformed }
            members.append(JSONValue.Member(key, try value(depth: depth)))
            skipWhiteSpace()
        } while take(0x2C)
        guard take(0x7D) else { throw malformed }
        return members
    }

    private mutating func array(depth: Int) throws(JSONValue.Malformed) -> [JSONValue] {
        guard depth <= JSONValue.depthLimit else { throw malformed }
        index += 1
        var elements: [JSONValue] = []
        skipWhiteSpace()
        if take(0x5D) { return elements }
        repeat {
            elements.append(try value(depth: depth))
            skipWhiteSpace()
        } while take(0x2C)
        guard take(0x5D) else { throw malformed }
        return elements
    }

    private mutating func string() throws(JSONValue.Malformed) -> String {
        let start = index + 1
        var end = start
        while end < bytes.count, bytes[end] != 0x22 { end += bytes[end] == 0x5C ? 2 : 1 }
        guard end < bytes.count,
            let text = JSONText.decode(UnsafeRawBufferPointer(rebasing: bytes[start..<end]))
        else { throw malformed }
        index = end + 1
        return text
    }

    private mutating func literal(
        _ text: StaticString, _ value: JSONValue
    ) throws(JSONValue.Malformed) -> JSONValue {
        let matches = text.withUTF8Buffer { bytes[index...].starts(with: $0) }
        guard matches else { throw malformed }
        index += text.utf8CodeUnitCount
        return value
    }

    private mutating func number() throws(JSONValue.Malformed) -> String {
        let start = index
        _ = take(0x2D)
        if !take(0x30) { try digits() }
        if take(0x2E) { try digits() }
        if take(0x65) || take(0x45) {
            if !take(0x2B) { _ = take(0x2D) }
            try digits()
        }
        return String(decoding: bytes[start..<index], as: UTF8.self)
    }

    private mutating func digits() throws(JSONValue.Malformed) {
        let start = index
        while let byte = next, (0x30...0x39).contains(byte) { index += 1 }
        guard index > start else { throw malformed }
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard next == byte else { return false }
        index += 1
        return true
    }

    private mutating func skipWhiteSpace() {
        while let byte = next, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { index += 1 }
    }
}
