/// Writes JSON text (RFC 8259) into bytes, in order and without an intermediate tree: for the data path's
/// error bodies and the dummy provider. The control plane uses Foundation's coders.
package struct JSONWriter {
    package private(set) var bytes: [UInt8] = []
    /// True where the next value or key has to be preceded by a comma.
    private var needsComma = false

    package init(reserving capacity: Int = 256) { bytes.reserveCapacity(capacity) }

    package var text: String { String(decoding: bytes, as: UTF8.self) }

    package mutating func object(_ members: (inout JSONWriter) -> Void) { nest(0x7B, 0x7D, members) }
    package mutating func array(_ elements: (inout JSONWriter) -> Void) { nest(0x5B, 0x5D, elements) }
    package mutating func object(_ key: StaticString, _ members: (inout JSONWriter) -> Void) {
        write(key)
        object(members)
    }
    package mutating func array(_ key: StaticString, _ elements: (inout JSONWriter) -> Void) {
        write(key)
        array(elements)
    }

    package mutating func member(_ key: StaticString, _ value: String?) {
        write(key)
        element(value)
    }
    package mutating func member(_ key: StaticString, _ value: Int) {
        write(key)
        element(value)
    }
    package mutating func member(_ key: StaticString, _ value: Bool) {
        write(key)
        element(value)
    }
    /// `json` is one JSON value already.
    package mutating func member(_ key: StaticString, json: String) {
        write(key)
        separate()
        bytes.append(contentsOf: json.utf8)
    }
    package mutating func null(_ key: StaticString) {
        write(key)
        element(nil as String?)
    }

    package mutating func element(_ value: String?) {
        separate()
        guard var value else {
            bytes.append(contentsOf: "null".utf8)
            return
        }
        bytes.append(0x22)
        value.withUTF8 { appendEscaped($0) }
        bytes.append(0x22)
    }

    package mutating func element(_ value: Int) {
        separate()
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 20) { digits in
            var first = digits.count
            var rest = value.magnitude
            repeat {
                first -= 1
                digits[first] = 0x30 + UInt8(truncatingIfNeeded: rest % 10)
                rest /= 10
            } while rest > 0
            if value < 0 { bytes.append(0x2D) }
            bytes.append(contentsOf: UnsafeBufferPointer(rebasing: digits[first...]))
        }
    }

    package mutating func element(_ value: Bool) {
        separate()
        bytes.append(contentsOf: (value ? "true" : "false").utf8)
    }

    /// A whole tree, as an element of an array or as the document.
    package mutating func value(_ value: JSONValue) {
        switch value {
        case .null: element(nil as String?)
        case .bool(let value): element(value)
        case .number(let text):
            separate()
            bytes.append(contentsOf: text.utf8)
        case .string(let text): element(text)
        case .array(let elements): array { for element in elements { $0.value(element) } }
        case .object(let members):
            object {
                for member in members {
                    $0.element(member.key)
                    $0.bytes.append(0x3A)
                    $0.needsComma = false
                    $0.value(member.value)
                }
            }
        }
    }

    private mutating func nest(_ open: UInt8, _ close: UInt8, _ content: (inout JSONWriter) -> Void) {
        separate()
        bytes.append(open)
        needsComma = false
        content(&self)
        bytes.append(close)
        needsComma = true
    }

    private mutating func write(_ key: StaticString) {
        separate()
        bytes.append(0x22)
        bytes.append(contentsOf: UnsafeBufferPointer(start: key.utf8Start, count: key.utf8CodeUnitCount))
        bytes.append(0x22)
        bytes.append(0x3A)
        needsComma = false
    }

    private mutating func separate() {
        if needsComma { bytes.append(0x2C) }
        needsComma = true
    }

    private mutating func appendEscaped(_ text: UnsafeBufferPointer<UInt8>) {
        var start = 0
        for index in text.indices {
            let byte = text[index]
            guard byte < 0x20 || byte == 0x22 || byte == 0x5C || byte == 0x7F else { continue }
            bytes.append(contentsOf: UnsafeBufferPointer(rebasing: text[start..<index]))
            appendEscape(of: byte)
            start = index + 1
        }
        bytes.append(contentsOf: UnsafeBufferPointer(rebasing: text[start...]))
    }

    private mutating func appendEscape(of byte: UInt8) {
        switch byte {
        case 0x22: bytes.append(contentsOf: [0x5C, 0x22])
        case 0x5C: bytes.append(contentsOf: [0x5C, 0x5C])
        case 0x0A: bytes.append(contentsOf: "\\n".utf8)
        case 0x0D: bytes.append(contentsOf: "\\r".utf8)
        case 0x09: bytes.append(contentsOf: "\\t".utf8)
        default:
            bytes.append(contentsOf: "\\u00".utf8)
            for digit in [byte >> 4, byte & 15] {
                bytes.append(digit < 10 ? 0x30 + digit : 0x61 + digit - 10)
            }
        }
    }
}
