package import NIOCore

/// One request as a transfer sends it.
package struct UpstreamRequest: ~Copyable {
    package enum Method: String, Sendable {
        case get = "GET"
        case head = "HEAD"
        case post = "POST"
        case delete = "DELETE"
    }

    package enum Body: ~Copyable {
        case none
        /// Whole and in memory.
        case held(ByteBuffer)
        /// Handed over piece by piece with ``Transfer/upload(_:)``; nil sends it chunked.
        case streamed(length: Int?)
    }

    let target: UpstreamTarget
    let method: Method
    var head: UpstreamRequestHead
    var body: Body

    package init(
        to target: UpstreamTarget, method: Method, head: consuming UpstreamRequestHead,
        body: consuming Body
    ) {
        self.target = target
        self.method = method
        self.head = head
        self.body = body
    }
}

/// The request line and the header lines of a request but for its framing and credential, as the bytes that
/// go out. One allocation a request, and that one is reused.
package struct UpstreamRequestHead: ~Copyable {
    private(set) var bytes: ByteBuffer

    /// In `bytes`, which is empty.
    init(_ bytes: consuming ByteBuffer) { self.bytes = bytes }

    /// The request line and the Host field: comes first, once. `rest` is what stands behind the target's base
    /// path, and holds neither a space nor a control character.
    package mutating func begin(
        _ method: UpstreamRequest.Method, to target: UpstreamTarget, _ rest: UnsafeRawBufferPointer
    ) {
        bytes.writeString(method.rawValue)
        bytes.writeStaticString(" ")
        bytes.writeString(target.basePath)
        unsafe bytes.writeBytes(rest)
        bytes.writeStaticString(" HTTP/1.1\r\n")
        bytes.writeBytes(target.hostLine)
    }

    /// One field line or more, with CRLF between them alone; no other control character but the tab. Host,
    /// framing and credential are none of them.
    package mutating func add(lines: UnsafeRawBufferPointer) {
        guard lines.count > 0 else { return }
        unsafe bytes.writeBytes(lines)
        bytes.writeStaticString("\r\n")
    }

    /// How the body is framed (RFC 9110 8.6), last; a credential that ends the head comes behind it, or
    /// nothing does.
    mutating func end(_ body: borrowing UpstreamRequest.Body, _ method: UpstreamRequest.Method, isWhole: Bool)
    {
        switch body {
        case .none: if method == .post { write(length: 0) }
        case .held(let held): write(length: held.readableBytes)
        case .streamed(let length?): write(length: length)
        case .streamed(nil): bytes.writeStaticString("Transfer-Encoding: chunked\r\n")
        }
        if isWhole { bytes.writeStaticString("\r\n") }
    }

    private mutating func write(length: Int) {
        bytes.writeStaticString("Content-Length: ")
        bytes.writeString(String(length))
        bytes.writeStaticString("\r\n")
    }
}
