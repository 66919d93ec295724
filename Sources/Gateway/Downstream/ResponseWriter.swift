import Domain
import HTTP
import NIOCore
import NIOHTTP1

/// Writes responses of the data path as the bytes that go out: RFC 9112, without a header list in between.
///
/// Small pieces gather in one buffer until ``flush(to:)``, so that an answer that came whole leaves in one
/// write; large ones are passed on without a copy. A body without a length is framed in chunks, or, for
/// HTTP/1.0, by the close.
///
/// A class, because a write may close the connection, and its end calls back in here.
final class ResponseWriter {
    /// What we say ourselves in a head.
    struct OwnFields {
        let id: RequestID
        let headroom: Headroom
        /// The connection is closed behind the answer.
        let isLast: Bool
        /// When an answer of our own was made; nil for the upstream's, whose `date` and `x-request-id` pass.
        let ownDate: Timestamp?
        /// The maximum of output that was written into the request; zero where none was.
        var outputLimit: Int64 = 0
    }

    private enum Framing { case length, chunked, close, noBody }

    /// What is smaller is copied to where the rest of the batch is.
    private static let copyLimit = 4096

    private let buffers: SpareBuffers
    private let date: DateField
    private var gathered = ByteBuffer()
    private var isEmpty = true
    private var framing = Framing.length
    /// What the answer under way tells browsers, as header lines; nil where no origin is allowed.
    var crossOrigin: [UInt8]?

    init(buffers: SpareBuffers, date: DateField) {
        self.buffers = buffers
        self.date = date
    }

    /// The head of an upstream's answer, as it came but for ``HeaderPolicy``, with what is left of the
    /// limits. `isShortened` tells from it whether the body will be shorter than the upstream's.
    func relay(
        _ head: ResponseHead, _ own: OwnFields, isHTTP11: Bool, withBody: Bool,
        isShortened: (borrowing RelayedHead) -> Bool
    ) {
        begin()
        let hasLength = gathered.write(atMost: HeaderPolicy.longestRelay(of: head)) { pen in
            let start = pen
            let relayed = HeaderPolicy.relay(head, with: &pen, isForBrowsers: crossOrigin != nil)
            // A stream that has no length has nothing else that is true of its bytes alone.
            guard isShortened(relayed), relayed.hasLength || relayed.form != .events else {
                return relayed.hasLength
            }
            pen = start
            return HeaderPolicy.relay(head, isChanged: true, with: &pen, isForBrowsers: crossOrigin != nil)
                .hasLength
        }
        let hasNoBody = head.status == 204 || head.status == 304 || !withBody
        framing = hasNoBody ? .noBody : hasLength ? .length : isHTTP11 ? .chunked : .close
        endHead(own)
    }

    /// A whole answer of our own: the one place where an error of the data path becomes bytes.
    func reply(_ error: APIError, reason: String, _ own: OwnFields, withBody: Bool) {
        let body = error.body
        begin()
        let status = HTTPResponseStatus(statusCode: error.status)
        gathered.writeString("HTTP/1.1 \(error.status) \(status.reasonPhrase)\r\n")
        gathered.writeString("content-type: application/json\r\ncontent-length: \(body.count)\r\n")
        gathered.writeString("\(HeaderPolicy.errorReason): \(reason)\r\n")
        if error.status == 401 { gathered.writeStaticString("www-authenticate: Bearer\r\n") }
        if error.status == 405 { gathered.writeString("allow: \(CrossOriginPolicy.methods)\r\n") }
        // What the client has to go back to (RFC 9110 15.5.22).
        let needsUpgrade = error.status == 426
        if needsUpgrade { gathered.writeStaticString("upgrade: HTTP/1.1\r\n") }
        if let milliseconds = error.retryAfter {
            gathered.writeString(
                "retry-after-ms: \(milliseconds)\r\nretry-after: \((milliseconds + 999) / 1000)\r\n")
        }
        if !error.isRetryable { gathered.writeStaticString("x-should-retry: false\r\n") }
        framing = .length
        endHead(own, namesUpgrade: needsUpgrade)
        if withBody { gathered.writeBytes(body) }
    }

    /// An answer of our own that is no error and has no body.
    func reply(_ fields: [CrossOriginPolicy.Field], _ own: OwnFields) {
        begin()
        gathered.writeStaticString("HTTP/1.1 204 No Content\r\n")
        gathered.writeBytes(CrossOriginPolicy.lines(fields))
        framing = .noBody
        endHead(own)
    }

    /// The same for a client that reads HTTP/2 alone; the connection's last.
    func replyToHTTP2(_ error: APIError, reason: String, _ own: OwnFields) {
        begin()
        HTTP2Refusal.write(
            error,
            fields: [
                ("content-type", "application/json"), (HeaderPolicy.errorReason.description, reason),
                (HeaderPolicy.requestID.description, own.id.description),
                ("x-request-id", own.id.description),
            ] + (own.ownDate.map { [("date", $0.httpDate)] } ?? []), to: &gathered)
    }

    /// `100 Continue`, which may come before any other head.
    func proceed(to context: ChannelHandlerContext?) {
        begin()
        gathered.writeStaticString(ClientConnection.proceed)
        flush(to: context)
    }

    /// A piece of the body. `context` takes what is too large to gather.
    func body(_ bytes: ByteBuffer, to context: ChannelHandlerContext?) {
        let count = bytes.readableBytes
        guard count > 0, framing != .noBody else { return }
        if framing == .chunked {
            begin()
            gathered.writeString(String(count, radix: 16))
            gathered.writeStaticString("\r\n")
        }
        if count <= Self.copyLimit {
            begin()
            gathered.writeImmutableBuffer(bytes)
        } else {
            isEmpty = false
            passOn(to: context)
            context?.write(NIOAny(bytes), promise: nil)
        }
        guard framing == .chunked else { return }
        begin()
        gathered.writeStaticString("\r\n")
    }

    /// The client knows the end of the answer by the end of the connection alone.
    var endsWithConnection: Bool { framing == .close }

    /// The body may get longer than the upstream makes it.
    var takesMore: Bool { framing == .chunked || framing == .close }

    /// The end of a body that came whole.
    func end() {
        guard framing == .chunked else { return }
        begin()
        gathered.writeStaticString("0\r\n\r\n")
    }

    func flush(to context: ChannelHandlerContext?) {
        guard !isEmpty else { return }
        isEmpty = true
        let bytes = gathered
        passOn(to: context)
        context?.flush()
        buffers.put(bytes)
    }

    private func begin() {
        isEmpty = false
        if gathered.storageCapacity == 0 { gathered = buffers.take() }
    }

    private func passOn(to context: ChannelHandlerContext?) {
        guard gathered.readableBytes > 0 else { return }
        let bytes = gathered
        gathered = ByteBuffer()
        context?.write(NIOAny(bytes), promise: nil)
    }

    /// What we say ourselves in every head, and its end.
    private func endHead(_ own: OwnFields, namesUpgrade: Bool = false) {
        if let crossOrigin { gathered.writeBytes(crossOrigin) }
        gathered.write(atMost: 256 + own.headroom.longest) { pen in
            pen.put(HeaderPolicy.requestID)
            pen.put(": ")
            pen.put(own.id)
            pen.put("\r\n")
            if let now = own.ownDate {
                pen.put("x-request-id: ")
                pen.put(own.id)
                pen.put("\r\ndate: ")
                date.write(now, with: &pen)
                pen.put("\r\n")
            }
            if own.outputLimit > 0 {
                pen.put(HeaderPolicy.outputLimit)
                pen.put(": ")
                pen.put(number: Int(own.outputLimit))
                pen.put("\r\n")
            }
            own.headroom.write(with: &pen)
            if framing == .chunked { pen.put("transfer-encoding: chunked\r\n") }
            if own.isLast || framing == .close {
                pen.put(namesUpgrade ? "connection: upgrade, close\r\n" : "connection: close\r\n")
            }
            pen.put("\r\n")
        }
    }
}
