package import Domain

/// The one change that is made to a body: `stream_options.include_usage` becomes true, so that the stream
/// says what it used. Every other byte stays.
///
/// ```
///  {"model":"m","stream":true}        →  {"stream_options":{"include_usage":true},"model":"m","stream":true}
///  {"stream_options":{"x":1},…}       →  {"stream_options":{"include_usage":true,"x":1},…}
///  {"stream_options":null,…}          →  {"stream_options":{"include_usage":true},…}
///  {"stream_options":{"include_usage":false},…}  →  {"stream_options":{"include_usage":true},…}
/// ```
package struct StreamUsageSplice: Hashable, Sendable {
    /// What comes into the body.
    package enum Text: Hashable, Sendable {
        /// A first member of the body, with its comma.
        case member
        /// The value of `stream_options`.
        case options
        /// A first member of `stream_options`, with its comma; the only one, without.
        case flag, onlyFlag
        /// The value of `include_usage`.
        case yes

        package var text: StaticString {
            switch self {
            case .member: #""stream_options":{"include_usage":true},"#
            case .options: #"{"include_usage":true}"#
            case .flag: #""include_usage":true,"#
            case .onlyFlag: #""include_usage":true"#
            case .yes: "true"
            }
        }
    }

    /// The bytes that go, an empty range where some are only added.
    package let range: Range<Int>
    package let text: Text

    /// What comes in the place of ``range``: ASCII.
    package var bytes: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: text.text.utf8Start, count: text.text.utf8CodeUnitCount)
    }

    /// How many bytes the body grows by; below zero where it shrinks.
    package var growth: Int { bytes.count - range.count }

    /// The change that the body of a request to `kind` needs: nil where its client asks for the usage itself,
    /// where it does not ask for a stream or such a stream has no options, or where `stream_options` is
    /// something that only the upstream may judge. `peek` is what was read of `body`.
    /// Throws ``Rejection/malformedBody``, and ``Rejection/duplicateKey(_:)`` where two parsers could read
    /// two options.
    package static func plan(
        for body: UnsafeRawBufferPointer, _ peek: borrowing BodyPeek, to kind: Endpoint.Kind
    ) throws(Rejection) -> StreamUsageSplice? {
        guard kind == .chatCompletions || kind == .completions, peek.stream == true else { return nil }
        // A second one beside it could be read instead of it.
        guard !peek.hasMisspeltStreamOptions else { return nil }
        guard let options = peek.streamOptions else {
            // Behind the bracket: the body has a member, so what follows is one.
            guard let start = body.firstIndex(of: 0x7B) else { return nil }
            return StreamUsageSplice(range: start + 1..<start + 1, text: .member)
        }
        let value = UnsafeRawBufferPointer(rebasing: body[options.range])
        if value.spells("null") {
            return StreamUsageSplice(range: options.range, text: .options)
        }
        guard options.isObject else { return nil }
        return try splice(into: value, at: options.range.lowerBound)
    }

    /// The change of an object of options that begins at `offset` of the body.
    private static func splice(
        into object: UnsafeRawBufferPointer, at offset: Int
    ) throws(Rejection) -> StreamUsageSplice? {
        var scanner = JSONScanner(object)
        var isEmpty = true
        var found: Range<Int>?
        while let member = try scanner.nextMember() {
            isEmpty = false
            guard try names("include_usage", member, in: object) else {
                let key = UnsafeRawBufferPointer(rebasing: object[member.key.range])
                if try JSONKeyName(key).folds(to: "include_usage") { return nil }
                continue
            }
            guard found == nil else { throw .duplicateKey("include_usage") }
            found = member.value
        }
        guard let found else {
            return StreamUsageSplice(
                range: offset + 1..<offset + 1,
                text: isEmpty ? .onlyFlag : .flag)
        }
        let value = UnsafeRawBufferPointer(rebasing: object[found])
        // Anything but these is for the upstream to refuse.
        guard value.spells("false") || value.spells("null") else { return nil }
        return StreamUsageSplice(
            range: offset + found.lowerBound..<offset + found.upperBound, text: .yes)
    }

    private static func names(
        _ name: StaticString, _ member: JSONScanner.Member, in bytes: UnsafeRawBufferPointer
    ) throws(Rejection) -> Bool {
        let key = UnsafeRawBufferPointer(rebasing: bytes[member.key.range])
        if member.key.isPlain { return key.spells(name) }
        let text = try JSONKeyName(key)
        return text.isExact && text.folds(to: name)
    }
}
