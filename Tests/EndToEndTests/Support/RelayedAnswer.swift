import Foundation

/// All that a client got on a connection that is over: one response, whole or cut off.
struct RelayedAnswer {
    let start: String
    let fields: [RawMessage.Field]
    let body: [UInt8]
    let isComplete: Bool

    /// - Parameters:
    ///   - hasBody: False in a response to HEAD.
    init(_ received: [UInt8], hasBody: Bool = true) {
        let blank = Array("\r\n\r\n".utf8)
        guard let end = received.firstRange(of: blank) else {
            (start, fields, body, isComplete) = ("", [], [], false)
            return
        }
        var lines = Self.lines(received[..<end.lowerBound])
        start = lines.isEmpty ? "" : lines.removeFirst()
        fields = lines.map(Self.field)
        let rest = received[end.upperBound...]
        let named = Dictionary(fields.map { ($0.name.lowercased(), $0.value) }) { $1 }
        let status = start.split(separator: " ").dropFirst().first ?? ""
        if !hasBody || status == "204" || status == "304" {
            (body, isComplete) = (Array(rest), rest.isEmpty)
        } else if named["transfer-encoding"] == "chunked" {
            (body, isComplete) = Self.chunks(rest)
        } else if let length = named["content-length"] {
            (body, isComplete) = (Array(rest), Int(length) == rest.count)
        } else {
            (body, isComplete) = (Array(rest), true)
        }
    }

    var status: Int { Int(start.split(separator: " ").dropFirst().first ?? "") ?? 0 }

    subscript(name: String) -> String? { fields.first { $0.name.lowercased() == name }?.value }

    func without(_ names: [String]) -> [RawMessage.Field] {
        fields.filter { !names.contains($0.name.lowercased()) }
    }

    static func lines(_ bytes: some Collection<UInt8>) -> [String] {
        String(decoding: bytes, as: UTF8.self).split(separator: "\r\n").map(String.init)
    }

    static func field(_ line: String) -> RawMessage.Field {
        let colon = line.unicodeScalars.firstIndex(of: ":") ?? line.endIndex
        return RawMessage.Field(
            name: String(line[..<colon]),
            value: line[colon...].dropFirst().trimmingCharacters(in: .whitespaces))
    }

    /// The data of the chunks, as far as it is there, and whether the last one is.
    private static func chunks(_ bytes: ArraySlice<UInt8>) -> ([UInt8], Bool) {
        var body: [UInt8] = []
        var rest = bytes
        while let end = rest.firstRange(of: Array("\r\n".utf8)) {
            guard let size = Int(String(decoding: rest[..<end.lowerBound], as: UTF8.self), radix: 16) else {
                break
            }
            rest = rest[end.upperBound...]
            if size == 0 { return (body, rest.elementsEqual("\r\n".utf8)) }
            body += rest.prefix(size)
            rest = rest.dropFirst(size + 2)
        }
        return (body, false)
    }
}
