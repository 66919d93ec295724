/// What is wrong with a chunked body (RFC 9112 7.1). Nothing after it on the connection can be read.
package enum ChunkFault: Error, Hashable, CaseIterable, Sendable {
    /// No hexadecimal digit, no size that fits, or something other than an extension after it.
    case size
    /// A size line of more than 256 bytes, or one that does not end in CRLF.
    case sizeLineEnd
    /// Something other than CRLF after the data of a chunk.
    case dataEnd
    /// A trailer line that is not a field line.
    case trailer
    /// Trailers of more than 8 KiB, or a trailer line that does not end in CRLF.
    case trailerEnd

    /// One sentence without its full stop, for a debug log.
    package var reason: String {
        switch self {
        case .size: "a chunk size is malformed"
        case .sizeLineEnd: "a chunk size line is too long or does not end in CRLF"
        case .dataEnd: "the data of a chunk is not followed by CRLF"
        case .trailer: "a trailer line is malformed"
        case .trailerEnd: "the trailers are too long or a trailer line does not end in CRLF"
        }
    }
}
