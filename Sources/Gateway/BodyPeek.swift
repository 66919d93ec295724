package import Domain

/// What policy needs of a held JSON body, read from its bytes in one pass: no tree, no copy, memory that does
/// not grow with the body.
///
/// Only the top level's keys are looked at. One of ``Key`` in another case (or with U+017F for `s`, U+212A
/// for `k`, as Go folds) gives no value, but counts: met twice in any spellings, the body is refused, for two
/// parsers must not read two models. For the same reason the structure has to be JSON's own; numbers and
/// literals are not judged, for no parser finds another end of them.
package struct BodyPeek: Hashable, Sendable {
    /// The keys that are read. To add one: a case here, a property, and a line in ``keep(_:of:)``.
    package enum Key: String, CaseIterable, Sendable {
        case model, stream

        fileprivate var bit: UInt8 {
            switch self {
            case .model: 1
            case .stream: 2
            }
        }
    }

    /// How deep arrays and objects may lie in one another.
    package static let depthLimit = 512
    /// The longest `model`, decoded, in bytes.
    package static let modelLimit = 256

    /// nil where there is none, or it is no string.
    package private(set) var model: String?
    /// nil where there is none, or it is neither `true` nor `false`.
    package private(set) var stream: Bool?

    package init() {}

    /// Reads a whole body. One without anything but white space is an empty peek.
    /// Throws ``Rejection/malformedBody`` and ``Rejection/duplicateKey(_:)``.
    package static func peek(_ bytes: UnsafeRawBufferPointer) throws(Rejection) -> BodyPeek {
        var peek = BodyPeek()
        var met: UInt8 = 0
        var scanner = JSONScanner(bytes)
        while let member = try scanner.nextMember() {
            guard let (key, isExact) = try self.key(of: member, in: bytes) else { continue }
            guard met & key.bit == 0 else { throw .duplicateKey(key.rawValue) }
            met |= key.bit
            guard isExact else { continue }
            try peek.keep(member.value(in: bytes), of: key)
        }
        return peek
    }

    private mutating func keep(_ value: UnsafeRawBufferPointer, of key: Key) throws(Rejection) {
        switch key {
        case .model:
            guard value.first == 0x22 else { return }
            let content = UnsafeRawBufferPointer(rebasing: value[1..<value.count - 1])
            // An escape spells a byte with at most six.
            guard content.count <= Self.modelLimit * 6, let text = JSONText.decode(content),
                text.utf8.count <= Self.modelLimit
            else { throw .malformedBody }
            model = text
        case .stream:
            if value.elementsEqual("true".utf8) { stream = true }
            if value.elementsEqual("false".utf8) { stream = false }
        }
    }

    /// Which of our keys a member's key spells, and whether exactly.
    private static func key(
        of member: JSONScanner.Member, in bytes: UnsafeRawBufferPointer
    ) throws(Rejection) -> (key: Key, isExact: Bool)? {
        let content = UnsafeRawBufferPointer(rebasing: bytes[member.key])
        if member.keyIsPlain { return plainKey(content) }
        guard let text = JSONText.decode(content), !text.utf8.contains(0) else { throw .malformedBody }
        if let key = Key(rawValue: text) { return (key, true) }
        let plain = String(String.UnicodeScalarView(text.unicodeScalars.lazy.map { folded($0) }))
        return Key(rawValue: plain).map { ($0, false) }
    }

    /// The same for a key of printable ASCII without escapes, which needs no memory.
    private static func plainKey(_ content: UnsafeRawBufferPointer) -> (key: Key, isExact: Bool)? {
        for key in Key.allCases {
            let name = key.rawValue.utf8
            guard content.count == name.count else { continue }
            if content.elementsEqual(name) { return (key, true) }
            if content.elementsEqual(name, by: { folded($0) == $1 }) { return (key, false) }
        }
        return nil
    }

    private static func folded(_ byte: UInt8) -> UInt8 { (0x41...0x5A).contains(byte) ? byte | 0x20 : byte }

    private static func folded(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
        switch scalar {
        case "A"..."Z": Unicode.Scalar(UInt8(scalar.value) | 0x20)
        case "\u{17F}": "s"
        case "\u{212A}": "k"
        default: scalar
        }
    }
}
