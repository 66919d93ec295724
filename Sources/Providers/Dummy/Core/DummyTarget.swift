import Domain

/// A request target taken apart: the decoded segments below `/v1`, and the query.
struct DummyTarget {
    /// Without the query, as received.
    let path: String
    let segments: [String]
    private let query: [(name: String, value: String)]

    init(_ target: String) {
        let parts = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        path = String(parts[0])
        var segments = parts[0].split(separator: "/").map { Self.decoded($0) }
        if segments.first == "v1" { segments.removeFirst() }
        self.segments = segments
        let pairs = parts.count > 1 ? parts[1].split(separator: "&") : []
        query = pairs.map { pair in
            let sides = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            return (
                Self.decoded(sides[0], isQuery: true),
                sides.count > 1 ? Self.decoded(sides[1], isQuery: true) : ""
            )
        }
    }

    /// The last value of this name in the query.
    subscript(name: String) -> String? { query.last { $0.name == name }?.value }

    /// Escapes replaced by their bytes; an incomplete escape stays as it is.
    private static func decoded(_ text: Substring, isQuery: Bool = false) -> String {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            if byte == 0x25, rest.count >= 2, let high = JSONText.hexDigit(rest[rest.startIndex]),
                let low = JSONText.hexDigit(rest[rest.startIndex + 1])
            {
                bytes.append(high << 4 | low)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(isQuery && byte == 0x2B ? 0x20 : byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
