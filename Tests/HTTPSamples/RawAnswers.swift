/// Responses that an upstream may send, whole, broken and malicious. All names differ.
package enum RawAnswers {
    package static let all = whole + heads + fields + interims + lengths + encodings + chunks + strays + ends

    /// A field line of so many bytes with its CRLF.
    static func line(_ count: Int) -> String { "X: " + String(repeating: "x", count: count - 5) + "\r\n" }

    static func repeated(_ text: String, _ count: Int) -> String { String(repeating: text, count: count) }
}
