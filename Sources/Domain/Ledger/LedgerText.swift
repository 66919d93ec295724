/// Text of a stranger's making that a ledger row keeps: a model, a request id, an object id.
///
/// At most ``limit`` bytes of UTF-8; what is longer is cut behind the last whole character that fits.
package struct LedgerText: Hashable, Sendable, CustomStringConvertible {
    package static let limit = 128

    package let rawValue: String

    package init(_ text: String) {
        guard text.utf8.count > Self.limit else {
            rawValue = text
            return
        }
        let bytes = text.utf8
        var end = bytes.index(bytes.startIndex, offsetBy: Self.limit)
        while end > bytes.startIndex, bytes[end] & 0xC0 == 0x80 { end = bytes.index(before: end) }
        rawValue = String(text[..<end])
    }

    package var description: String { rawValue }
}
