/// A JSON text (RFC 8259) as a tree, for small documents read without Foundation: the dummy provider's
/// requests.
///
/// Strict: no comments, no trailing commas, no lone surrogates, UTF-8 only, nothing behind the value. Members
/// keep their order and their doubles; numbers keep their text.
package enum JSONValue: Hashable, Sendable {
    case null
    case bool(Bool)
    case number(String)
    case string(String)
    case array([JSONValue])
    case object([Member])

    package struct Member: Hashable, Sendable {
        package let key: String
        package let value: JSONValue

        package init(_ key: String, _ value: JSONValue) {
            self.key = key
            self.value = value
        }
    }

    /// How deep arrays and objects may lie in one another: the reader recurses.
    package static let depthLimit = 64

    /// Where the text stops being JSON, as an offset in bytes.
    package struct Malformed: Error, Hashable {
        package let offset: Int
    }

    package init(parsing bytes: [UInt8]) throws(Malformed) {
        let result = bytes.withUnsafeBytes { buffer in
            Result { () throws(Malformed) in try Self(parsing: buffer) }
        }
        self = try result.get()
    }

    package init(parsing bytes: UnsafeRawBufferPointer) throws(Malformed) {
        var reader = JSONReader(bytes)
        self = try reader.document()
    }

    /// The member of this name (the last of several, as most readers have it), or nil where this is no
    /// object.
    package subscript(key: String) -> JSONValue? {
        guard case .object(let members) = self else { return nil }
        return members.last { $0.key == key }?.value
    }

    package var string: String? {
        guard case .string(let text) = self else { return nil }
        return text
    }

    package var bool: Bool? {
        guard case .bool(let value) = self else { return nil }
        return value
    }

    package var elements: [JSONValue]? {
        guard case .array(let elements) = self else { return nil }
        return elements
    }

    /// nil for a number that is written with a fraction or an exponent, or does not fit.
    package var integer: Int? {
        guard case .number(let text) = self else { return nil }
        return Int(text)
    }

    package var double: Double? {
        guard case .number(let text) = self else { return nil }
        return Double(text)
    }
}
