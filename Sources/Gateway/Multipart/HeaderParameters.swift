import Domain

/// Reads a structured header value, `type; name=value; name="value"`, in place (RFC 9110, section 5.6.6).
///
/// A value stays as it is written: ``Value/bytes`` is what stands between the quotes, its escapes not
/// resolved.
struct HeaderParameters {
    struct Value {
        var bytes: UnsafeRawBufferPointer
        /// It has a quoted pair, which readers do not agree on.
        var hasEscapes = false
    }

    private let text: UnsafeRawBufferPointer
    /// What it is of a form, for errors.
    private let fault: Rejection.FormFault
    private var index: Int
    /// What stands in front of the first semicolon, without the spaces around it.
    let type: UnsafeRawBufferPointer

    init(_ text: UnsafeRawBufferPointer, in fault: Rejection.FormFault) {
        self.text = text
        self.fault = fault
        index = text.firstIndex(of: 0x3B) ?? text.count
        type = UnsafeRawBufferPointer(rebasing: text[..<index]).trimmed
    }

    /// nil behind the last one. Throws ``Rejection/malformedForm(_:)`` at anything else than a parameter.
    mutating func next() throws(Rejection) -> (name: UnsafeRawBufferPointer, value: Value)? {
        guard index < text.count else { return nil }
        // In front of the semicolon.
        index += 1
        skipSpaces()
        // One at the end has nothing behind it.
        guard index < text.count else { return nil }
        let name = token()
        guard !name.isEmpty, index < text.count, text[index] == 0x3D else { throw .malformedForm(fault) }
        index += 1
        let value = index < text.count && text[index] == 0x22 ? try quoted() : Value(bytes: token())
        let isQuoted = text[index - 1] == 0x22
        skipSpaces()
        guard isQuoted || !value.bytes.isEmpty, index == text.count || text[index] == 0x3B else {
            throw .malformedForm(fault)
        }
        return (name, value)
    }

    private mutating func skipSpaces() {
        while index < text.count, text[index] == 0x20 || text[index] == 0x09 { index += 1 }
    }

    private mutating func token() -> UnsafeRawBufferPointer {
        let start = index
        while index < text.count, Self.isToken(text[index]) { index += 1 }
        return UnsafeRawBufferPointer(rebasing: text[start..<index])
    }

    private mutating func quoted() throws(Rejection) -> Value {
        let start = index + 1
        var hasEscapes = false
        index = start
        while index < text.count, text[index] != 0x22 {
            if text[index] == 0x5C {
                hasEscapes = true
                index += 1
            }
            index += 1
        }
        guard index < text.count else { throw .malformedForm(fault) }
        defer { index += 1 }
        return Value(
            bytes: UnsafeRawBufferPointer(rebasing: text[start..<index]), hasEscapes: hasEscapes)
    }

    static func isToken(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x21, 0x23...0x27, 0x2A, 0x2B, 0x2D, 0x2E, 0x5E...0x60,
            0x7C, 0x7E:
            true
        default: false
        }
    }
}

extension UnsafeRawBufferPointer {
    /// Without the spaces and tabs at its ends.
    var trimmed: UnsafeRawBufferPointer {
        var (start, end) = (0, count)
        while start < end, self[start] == 0x20 || self[start] == 0x09 { start += 1 }
        while start < end, self[end - 1] == 0x20 || self[end - 1] == 0x09 { end -= 1 }
        return UnsafeRawBufferPointer(rebasing: self[start..<end])
    }

    /// Whether these bytes are `text`, which is of lower case, in any case of ASCII letters.
    func folds(to text: StaticString) -> Bool {
        guard count == text.utf8CodeUnitCount else { return false }
        for place in 0..<count where self[place].lowercased != text.utf8Start[place] { return false }
        return true
    }
}

extension UInt8 {
    var lowercased: UInt8 { (0x41...0x5A).contains(self) ? self | 0x20 : self }
}
