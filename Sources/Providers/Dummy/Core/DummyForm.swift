/// A `multipart/form-data` body (RFC 7578) taken apart. Lenient where the SDKs need it, whole or nothing: a
/// body that is cut off is none.
struct DummyForm {
    struct Part {
        let name: String
        let filename: String?
        let content: ArraySlice<UInt8>
    }

    let parts: [Part]

    /// The parts that are no files, with their text.
    var texts: [(name: String, text: String)] {
        parts.filter { $0.filename == nil }.map { ($0.name, String(decoding: $0.content, as: UTF8.self)) }
    }

    func text(_ name: String) -> String? { texts.last { $0.name == name }?.text }

    /// The file of this name, or the first of a list of files: `image` and `image[]`.
    func file(_ name: String) -> Part? {
        parts.first { $0.filename != nil && ($0.name == name || $0.name == name + "[]") }
    }

    static func isForm(_ contentType: String) -> Bool {
        contentType.lowercased().hasPrefix("multipart/form-data")
    }

    init?(_ body: [UInt8], contentType: String) {
        guard Self.isForm(contentType), let boundary = Self.parameter("boundary", of: contentType) else {
            return nil
        }
        let delimiter = Array("\r\n--\(boundary)".utf8)
        // The first delimiter may stand at the very beginning, without a line end in front of it.
        let body = [0x0D, 0x0A] + body
        guard var place = Self.delimiter(delimiter, in: body, from: 0) else { return nil }
        var parts: [Part] = []
        while !place.isLast {
            guard let next = Self.delimiter(delimiter, in: body, from: place.end),
                let head = Self.find(Array("\r\n\r\n".utf8), in: body, from: place.end)
            else { return nil }
            let start = head + 4
            guard start <= next.start, let part = Self.part(body[place.end..<head], body[start..<next.start])
            else { return nil }
            parts.append(part)
            place = next
        }
        self.parts = parts
    }

    /// The next delimiter: a line that is the boundary alone, or the boundary and two hyphens.
    private static func delimiter(
        _ text: [UInt8], in body: [UInt8], from start: Int
    ) -> (start: Int, end: Int, isLast: Bool)? {
        var index = start
        while let found = find(text, in: body, from: index) {
            let end = found + text.count
            if body[end...].starts(with: "\r\n".utf8) { return (found, end, false) }
            if body[end...].starts(with: "--".utf8),
                body.count == end + 2 || body[(end + 2)...].starts(with: "\r\n".utf8)
            {
                return (found, end + 2, true)
            }
            index = found + 1
        }
        return nil
    }

    private static func part(_ head: ArraySlice<UInt8>, _ content: ArraySlice<UInt8>) -> Part? {
        let lines = String(decoding: head, as: UTF8.self).split { $0.isNewline }
        let disposition = lines.first { $0.lowercased().hasPrefix("content-disposition:") }
        guard let disposition, let name = parameter("name", of: String(disposition)) else { return nil }
        return Part(name: name, filename: parameter("filename", of: String(disposition)), content: content)
    }

    /// The value of `; name=value`, without its quotes. A quote in it is written `%22` or `\"`.
    private static func parameter(_ name: String, of text: String) -> String? {
        var rest = text[...]
        while let semicolon = rest.firstIndex(of: ";") {
            rest = rest[rest.index(after: semicolon)...].drop { $0 == " " || $0 == "\t" }
            guard let equals = rest.firstIndex(of: "=") else { return nil }
            let key = rest[..<equals].lowercased()
            rest = rest[rest.index(after: equals)...]
            var value = ""
            if rest.first == "\"" {
                rest.removeFirst()
                while let character = rest.popFirst(), character != "\"" {
                    value.append(character == "\\" ? rest.popFirst() ?? character : character)
                }
            } else {
                value = String(rest.prefix { $0 != ";" && $0 != " " })
            }
            if key == name { return value }
        }
        return nil
    }

    /// Where `text` stands next.
    private static func find(_ text: [UInt8], in body: [UInt8], from start: Int) -> Int? {
        body.withUnsafeBufferPointer { body in
            var index = start
            while index + text.count <= body.count {
                if body[index] == text[0], body[index..<index + text.count].elementsEqual(text) {
                    return index
                }
                index += 1
            }
            return nil
        }
    }
}
