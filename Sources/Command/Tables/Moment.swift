/// How people read the moments that the server writes as RFC 3339.
enum Moment {
    /// `2026-11-21 03:57Z` of `2026-11-21T03:57:00.279Z`; another text as it is.
    static func text(_ rfc3339: String) -> String {
        let bytes = Array(rfc3339.utf8)
        guard bytes.count == 24 || bytes.count == 20, bytes[10] == UInt8(ascii: "T"),
            bytes.last == UInt8(ascii: "Z"),
            bytes[4] == UInt8(ascii: "-"), bytes[13] == UInt8(ascii: ":")
        else { return rfc3339 }
        return "\(rfc3339.prefix(10)) \(rfc3339.dropFirst(11).prefix(5))Z"
    }

    /// nil stays nil.
    static func text(_ rfc3339: String?) -> String? { rfc3339.map { text($0) } }
}
