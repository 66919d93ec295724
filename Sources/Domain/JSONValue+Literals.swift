/// Trees are written as they look in JSON: `["id": .text(id), "created": .int(now), "object": "file"]`.
///
/// Null is spelled `.null`: a literal `nil` stays the absence of a value.
extension JSONValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral,
    ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    package init(stringLiteral value: String) { self = .string(value) }
    package init(integerLiteral value: Int) { self = .int(value) }
    package init(booleanLiteral value: Bool) { self = .bool(value) }
    package init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
    /// Members keep the order they are written in.
    package init(dictionaryLiteral elements: (String, JSONValue)...) {
        self = .object(elements.map { Member($0.0, $0.1) })
    }

    package static func int(_ value: Int) -> JSONValue { .number(String(value)) }
    /// Null if `text` is nil.
    package static func text(_ text: String?) -> JSONValue { text.map { .string($0) } ?? .null }
}

/// Changes of a tree, and its way back into bytes.
extension JSONValue {
    /// The members of an object, in their order; nil for any other value.
    package var members: [Member]? {
        guard case .object(let members) = self else { return nil }
        return members
    }

    /// The same object with these members: in place of those of the same name, else appended. Any other value
    /// stays as it is.
    package func setting(_ changes: [Member]) -> JSONValue {
        guard case .object(var members) = self else { return self }
        for change in changes {
            if let index = members.lastIndex(where: { $0.key == change.key }) {
                members[index] = change
            } else {
                members.append(change)
            }
        }
        return .object(members)
    }

    package func setting(_ key: String, _ value: JSONValue) -> JSONValue { setting([Member(key, value)]) }

    /// This value as JSON text (RFC 8259), UTF-8, on one line.
    package var encoded: [UInt8] {
        var writer = JSONWriter()
        writer.value(self)
        return writer.bytes
    }
}
