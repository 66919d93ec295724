package import NIOCore

/// The head of an upstream's response: its bytes as they came, and what they say about the body.
///
/// `ResponseReader` makes it and has refused whatever can be read in two ways, so each line in ``lines`` is
/// well formed.
package struct ResponseHead: Sendable {
    /// How the end of the body is recognised (RFC 9112 6.3).
    package enum Framing: Hashable, Sendable {
        /// There is no body, whatever the fields say: the request was HEAD, or the status is 204 or 304.
        case none
        /// In bytes; may be 0.
        case length(Int)
        case chunked
        /// The end of the connection is the end of the body.
        case untilClose
    }

    /// 100 to 999; never 1xx if it came from an upstream.
    package let status: Int
    /// Status line and field lines, each with its CRLF, without the empty line: a slice of what was received.
    package let lines: ByteBuffer
    package let framing: Framing
    /// The upstream is willing to keep the connection open: HTTP/1.1 without `Connection: close`, or HTTP/1.0
    /// with `keep-alive` and without `close`.
    package let keepsAlive: Bool

    /// Only the end of the connection ends the body, so a cut-off body looks complete.
    package var endsWithConnection: Bool { framing == .untilClose }

    /// Also for responses that no upstream sent: the defaults are theirs, as their body is not framed at all.
    ///
    /// - Parameters:
    ///   - lines: As in ``lines``.
    package init(status: Int, lines: ByteBuffer, framing: Framing = .none, keepsAlive: Bool = true) {
        self.status = status
        self.lines = lines
        self.framing = framing
        self.keepsAlive = keepsAlive
    }
}
