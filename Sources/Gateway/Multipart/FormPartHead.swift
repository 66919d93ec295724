import Domain

import Glibc

/// The header of one part of a form (RFC 7578, section 4), as far as a field's value depends on it.
struct FormPartHead {
    enum Field {
        case model
        /// `n`; and what some take for it.
        case choices, oddChoices
        case other
    }

    /// How long it may be, in bytes: as long as the line of a request's header.
    static let limit = 16 * 1024

    private(set) var field = Field.other
    /// Where the content begins.
    private(set) var end = 0
    /// The content is a text as it stands, not a file, nor in some coding.
    private var isPlain = true
    /// The content has to be ASCII, for its charset is one that says the same of it.
    private(set) var isASCII = false

    /// Reads the lines from `start` to the blank one. Throws ``Rejection/malformedForm(_:)`` where the header
    /// is not well formed, and where somebody could read the name `model` in it and somebody else not.
    init(
        _ body: UnsafeRawBufferPointer, from start: Int, within delimiter: borrowing FormDelimiter
    ) throws(Rejection) {
        var index = start
        var field: Field?
        var type: UnsafeRawBufferPointer?
        while let line = Self.line(body, index) {
            index += line.count + 2
            guard index - start <= Self.limit else { throw .malformedForm(.partHeader) }
            guard !line.isEmpty else {
                guard let field else { throw .malformedForm(.partHeader) }
                self.field = field
                end = index
                if field == .choices, !isPlain { self.field = .oddChoices }
                guard field == .model else { return }
                guard isPlain else { throw .malformedForm(.model) }
                if let type { try takeType(type) }
                return
            }
            guard !delimiter.begins(line), let colon = line.firstIndex(of: 0x3A), colon > 0,
                line.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 })
            else { throw .malformedForm(.partHeader) }
            let name = UnsafeRawBufferPointer(rebasing: line[..<colon])
            guard name.allSatisfy({ HeaderParameters.isToken($0) }) else { throw .malformedForm(.partHeader) }
            let value = UnsafeRawBufferPointer(rebasing: line[(colon + 1)...])
            if name.folds(to: "content-disposition") {
                guard field == nil else { throw .malformedForm(.partHeader) }
                field = try disposition(value)
            } else if name.folds(to: "content-transfer-encoding") {
                isPlain = false
            } else if name.folds(to: "content-type") {
                if type != nil { isPlain = false }
                type = value
            }
        }
        throw .malformedForm(.partHeader)
    }

    /// The line at `start` without its end; nil where it has none.
    private static func line(_ body: UnsafeRawBufferPointer, _ start: Int) -> UnsafeRawBufferPointer? {
        guard start < body.count, let base = body.baseAddress,
            let feed = memchr(base + start, 0x0A, min(body.count - start, limit))
        else { return nil }
        let end = UnsafeRawPointer(feed) - base
        guard end > start, body[end - 1] == 0x0D else { return nil }
        return UnsafeRawBufferPointer(rebasing: body[start..<end - 1])
    }

    /// `form-data; name="…"`, with the name of a file or without.
    private mutating func disposition(_ value: UnsafeRawBufferPointer) throws(Rejection) -> Field {
        var parameters = HeaderParameters(value, in: .partHeader)
        guard parameters.type.folds(to: "form-data") else { throw .malformedForm(.partHeader) }
        var field: Field?
        var hasEscapes = false
        while let (name, value) = try parameters.next() {
            if value.hasEscapes { hasEscapes = true }
            if name.folds(to: "name") {
                guard field == nil, !value.hasEscapes else { throw .malformedForm(.partHeader) }
                field = try Self.field(value.bytes)
            } else if name.folds(to: "name*") {
                throw .malformedForm(.partHeader)
            } else if name.folds(to: "filename") || name.folds(to: "filename*") {
                isPlain = false
            }
        }
        // Whoever knows no escapes finds other names there.
        if hasEscapes, Self.mentionsModel(value) { throw .malformedForm(.partHeader) }
        guard let field else { throw .malformedForm(.partHeader) }
        return field
    }

    private static func field(_ name: UnsafeRawBufferPointer) throws(Rejection) -> Field {
        if name.spells("model") { return .model }
        if name.spells("n") { return .choices }
        // A field that gives all others another charset.
        guard !name.folds(to: "_charset_"), !resembles(name, "model") else {
            throw .malformedForm(.partHeader)
        }
        return resembles(name, "n") ? .oddChoices : .other
    }

    /// Whoever trims a name, folds it, takes it for the name of a list or resolves `%6D` reads `wanted`.
    private static func resembles(_ name: UnsafeRawBufferPointer, _ wanted: StaticString) -> Bool {
        let name = name.trimmed
        var (index, matched) = (0, 0)
        while index < name.count, matched < wanted.utf8CodeUnitCount {
            var byte = name[index]
            index += 1
            if byte == 0x25, index + 1 < name.count, let high = name[index].hexDigit,
                let low = name[index + 1].hexDigit
            {
                byte = high << 4 | low
                index += 2
            }
            guard byte.lowercased == wanted.utf8Start[matched] else { return false }
            matched += 1
        }
        return matched == wanted.utf8CodeUnitCount && (index == name.count || name[index] == 0x5B)
    }

    private static func mentionsModel(_ text: UnsafeRawBufferPointer) -> Bool {
        guard text.count >= 5 else { return false }
        return (0...text.count - 5).contains { start in
            UnsafeRawBufferPointer(rebasing: text[start..<start + 5]).folds(to: "model")
        }
    }

    /// Throws where the value's bytes are not the text they seem to be.
    private mutating func takeType(_ type: UnsafeRawBufferPointer) throws(Rejection) {
        var parameters = HeaderParameters(type, in: .model)
        guard parameters.type.folds(to: "text/plain") else { throw .malformedForm(.model) }
        while let (name, value) = try parameters.next() {
            guard name.folds(to: "charset") else { continue }
            if value.bytes.folds(to: "utf-8") { continue }
            guard value.bytes.folds(to: "us-ascii") || value.bytes.folds(to: "iso-8859-1") else {
                throw .malformedForm(.model)
            }
            isASCII = true
        }
    }
}

extension UInt8 {
    fileprivate var hexDigit: UInt8? {
        switch lowercased {
        case 0x30...0x39: self & 15
        case 0x61...0x66: lowercased - 0x57
        default: nil
        }
    }
}
