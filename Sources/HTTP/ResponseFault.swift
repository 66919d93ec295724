/// Why an upstream's response cannot be relayed, or cannot be relayed further. The connection must be closed.
package enum ResponseFault: Error, Hashable, Sendable {
    // The head
    /// Not HTTP/1: the bytes begin like no status line.
    case notHTTP
    /// `HTTP/` with a version other than 1.0 and 1.1.
    case version
    /// A status that is not three digits from 100 to 999, or a control character in the reason.
    case statusLine
    /// A line that ends in LF without CR before it.
    case lineEnd
    /// A field line that begins with white space: obsolete line folding, RFC 9112 5.2.
    case foldedLine
    /// A name that is not a token directly followed by a colon, or a control character in the value.
    case fieldLine
    /// More than 200 field lines.
    case tooManyFields
    /// A head, or all interim heads together, of more than 64 KiB.
    case headTooLarge
    /// 101: no request offers another protocol. (A tunnel would take over the connection here.)
    case protocolSwitch

    // The length of the body
    /// A Content-Length that is not digits alone, or is greater than an `Int`.
    case contentLength
    /// Two Content-Length fields with different values.
    case conflictingLengths
    /// A Transfer-Encoding other than `chunked`, more than one, one in HTTP/1.0, or one with a tab after it.
    case transferEncoding
    /// Both Content-Length and Transfer-Encoding.
    case lengthAndEncoding

    // The body
    case chunk(ChunkFault)

    // The connection ended too early
    /// Before the first byte of the final head.
    case endedBeforeHead
    case endedInHead
    case endedInBody

    /// One sentence without its full stop, for a debug log. It contains nothing that the upstream sent.
    package var reason: String {
        switch self {
        case .notHTTP: "the response is not HTTP/1"
        case .version: "the HTTP version is neither 1.0 nor 1.1"
        case .statusLine: "the status line is malformed"
        case .lineEnd: "a line of the head does not end in CRLF"
        case .foldedLine: "a field line is folded"
        case .fieldLine: "a field line is malformed"
        case .tooManyFields: "the head has more than 200 field lines"
        case .headTooLarge: "the head is larger than 64 KiB"
        case .protocolSwitch: "status 101 without a request for another protocol"
        case .contentLength: "Content-Length is malformed"
        case .conflictingLengths: "conflicting values of Content-Length"
        case .transferEncoding: "Transfer-Encoding is not one chunked of HTTP/1.1"
        case .lengthAndEncoding: "both Content-Length and Transfer-Encoding"
        case .chunk(let fault): fault.reason
        case .endedBeforeHead: "the connection ended before the response"
        case .endedInHead: "the connection ended within the head"
        case .endedInBody: "the connection ended within the body"
        }
    }
}
