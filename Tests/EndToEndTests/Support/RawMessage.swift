/// An HTTP/1 message as it came: its first line and fields untouched, its body without chunk framing.
struct RawMessage: Equatable {
    struct Field: Equatable {
        var name: String
        var value: String
    }

    var start: String
    var fields: [Field]
    var body: [UInt8]
    /// False where it was cut off.
    var isComplete = true
    var isChunked: Bool { self["transfer-encoding"] == "chunked" }

    var status: Int { Int(start.split(separator: " ").dropFirst().first ?? "") ?? 0 }
    var text: String { String(decoding: body, as: UTF8.self) }

    subscript(name: String) -> String? { fields.first { $0.name.lowercased() == name }?.value }

    func without(_ names: [String]) -> [Field] { fields.filter { !names.contains($0.name.lowercased()) } }
}

extension RawSocket {
    /// The next message: of its head alone where `hasBody` is false, as in an answer to HEAD.
    func readMessage(within milliseconds: Int32 = 5000) throws -> RawMessage {
        var message = try readHead(within: milliseconds)
        let isBodiless = [204, 304].contains(message.status) || (100..<200).contains(message.status)
        guard !isBodiless else { return message }
        do {
            if message.isChunked {
                message.body = try readChunks(within: milliseconds)
            } else if let length = message["content-length"].flatMap({ Int($0) }) {
                try read(within: milliseconds) { $0.count >= length }
                message.body = Array(waiting.prefix(length))
                take(length)
            } else if message.start.hasPrefix("HTTP/") {
                // Delimited by the end of the connection: a clean end is all there is to go by.
                message.isComplete = try readToEnd(within: milliseconds) == .closed
                message.body = Array(waiting)
                take(message.body.count)
            }
        } catch Failure.ended {
            message.isComplete = false
            message.body = Array(waiting)
        }
        return message
    }

    func readHead(within milliseconds: Int32 = 5000) throws -> RawMessage {
        let blank = Array("\r\n\r\n".utf8)
        try read(within: milliseconds) { $0.firstRange(of: blank) != nil }
        let bytes = waiting
        guard let range = bytes.firstRange(of: blank) else { throw Failure.ended }
        take(range.upperBound - bytes.startIndex)
        let lines = String(decoding: bytes[..<range.lowerBound], as: UTF8.self).split(separator: "\r\n")
        let fields = lines.dropFirst().map { line in
            let colon = line.firstIndex(of: ":") ?? line.endIndex
            let value = line[colon...].dropFirst()
            return RawMessage.Field(
                name: String(line[..<colon]), value: String(value.first == " " ? value.dropFirst() : value))
        }
        return RawMessage(start: String(lines.first ?? ""), fields: fields, body: [])
    }

    private func readChunks(within milliseconds: Int32) throws -> [UInt8] {
        let newline = Array("\r\n".utf8)
        var body: [UInt8] = []
        while true {
            try read(within: milliseconds) { $0.firstRange(of: newline) != nil }
            let bytes = waiting
            guard let range = bytes.firstRange(of: newline),
                let size = Int(String(decoding: bytes[..<range.lowerBound], as: UTF8.self), radix: 16)
            else { throw Failure.ended }
            take(range.upperBound - bytes.startIndex)
            try read(within: milliseconds) { $0.count >= size + 2 }
            body += waiting.prefix(size)
            take(size + 2)
            if size == 0 { return body }
        }
    }
}
