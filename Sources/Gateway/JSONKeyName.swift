import Domain

/// A key of a JSON object in the letters that a reader which folds case takes it for, as far as it may be one
/// of ours: decoded into a buffer of fixed size, so that a body of any number of keys costs no memory.
struct JSONKeyName: ~Copyable {
    /// Longer than every key that is looked for.
    private static let capacity = 24

    private var letters = InlineArray<24, UInt8>(repeating: 0)
    private var count = 0
    /// The key is spelled in these letters, and in no others.
    private(set) var isExact = true

    /// `content` stands between the key's quotes. Throws ``Rejection/malformedBody`` where it is no text, and
    /// where some reader could take its beginning for the whole.
    init(_ content: UnsafeRawBufferPointer) throws(Rejection) {
        var scalars = JSONScalars(content)
        while let scalar = scalars.next() {
            guard scalar.value != 0 else { throw .malformedBody }
            let letter = Self.folded(scalar)
            if letter != scalar { isExact = false }
            // Once it is too long, or has a letter that none of ours has, it need only be a text.
            if letter.isASCII, count < Self.capacity {
                letters[count] = UInt8(letter.value)
                count += 1
            } else {
                count = Self.capacity + 1
            }
        }
        guard !scalars.isMalformed else { throw .malformedBody }
    }

    /// The letters; none where the key cannot be one of ours.
    func withLetters<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        letters.span.extracting(first: count > Self.capacity ? 0 : count).bytes.withUnsafeBytes(body)
    }

    /// Whether it is `name`, of lower case, in any.
    func folds(to name: StaticString) -> Bool { withLetters { $0.spells(name) } }

    /// As Go folds: capitals, and the two letters beyond ASCII that fold into it.
    private static func folded(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
        switch scalar {
        case "A"..."Z": Unicode.Scalar(UInt8(scalar.value) | 0x20)
        case "\u{17F}": "s"
        case "\u{212A}": "k"
        default: scalar
        }
    }
}
