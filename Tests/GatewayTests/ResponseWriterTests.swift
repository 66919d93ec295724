import Domain
import HTTP
import NIOCore
import NIOEmbedded
import Testing

@testable import Gateway

/// Responses as the bytes that go out: the head's own fields, and how the end of the body is told.
struct ResponseWriterTests {
    /// Catches what is written.
    private final class Tap: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer
        var context: ChannelHandlerContext?
        func handlerAdded(context: ChannelHandlerContext) { self.context = context }
    }

    private let channel = EmbeddedChannel()
    private let tap = Tap()
    private let writer = ResponseWriter(buffers: SpareBuffers(), date: DateField())
    private let id = RequestID(process: 1, sequence: 2)

    init() throws { try channel.pipeline.syncOperations.addHandler(tap) }

    private func own(isLast: Bool = false, isOurs: Bool = false, output: Int64 = 0)
        -> ResponseWriter.OwnFields
    {
        ResponseWriter.OwnFields(
            id: id, headroom: Headroom(), isLast: isLast, ownDate: isOurs ? Timestamp(seconds: 0) : nil,
            outputLimit: output)
    }

    private func written() throws -> String {
        writer.flush(to: tap.context)
        var text = ""
        while let bytes = try channel.readOutbound(as: ByteBuffer.self) { text += String(buffer: bytes) }
        return text
    }

    private func relay(
        _ fields: String, status: Int = 200, isHTTP11: Bool = true, withBody: Bool = true,
        isShortened: Bool = false, isLast: Bool = false
    ) throws -> String {
        let head = ResponseHead(
            status: status, lines: ByteBuffer(string: "HTTP/1.1 \(status) X\r\n\(fields)"))
        writer.relay(head, own(isLast: isLast), isHTTP11: isHTTP11, withBody: withBody) { _ in isShortened }
        writer.body(ByteBuffer(string: "hello"), to: tap.context)
        writer.end()
        return try written()
    }

    private var ours: String { "x-latchkey-request-id: \(id)\r\n" }

    @Test func `a length is relayed, and without one the body goes in chunks`() throws {
        let length = "Content-Length: 5\r\n"
        #expect(try relay(length) == "HTTP/1.1 200 X\r\n\(length)\(ours)\r\nhello")
        #expect(
            try relay("")
                == "HTTP/1.1 200 X\r\n\(ours)transfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n")
    }

    @Test func `a client of HTTP 1_0 is told the end by the end of the connection`() throws {
        #expect(
            try relay("", isHTTP11: false) == "HTTP/1.1 200 X\r\n\(ours)connection: close\r\n\r\nhello")
        #expect(writer.endsWithConnection && writer.takesMore)
    }

    @Test(arguments: [(204, true), (304, true), (200, false)])
    func `a response without a body has none`(status: Int, withBody: Bool) throws {
        let text = try relay("", status: status, withBody: withBody)
        #expect(text == "HTTP/1.1 \(status) X\r\n\(ours)\r\n" && !writer.takesMore)
    }

    @Test func `a body that will be shorter loses its length, a stream without one nothing`() throws {
        let fields = "ETag: x\r\nContent-Length: 9\r\n"
        #expect(try relay(fields, isShortened: true).hasPrefix("HTTP/1.1 200 X\r\n\(ours)transfer-encoding"))
        let events = "Content-Type: text/event-stream\r\nETag: x\r\n"
        #expect(try relay(events, isShortened: true).hasPrefix("HTTP/1.1 200 X\r\n\(events)"))
    }

    @Test func `the last response of a connection says so`() throws {
        #expect(
            try relay("Content-Length: 5\r\n", isLast: true).contains("\r\nconnection: close\r\n\r\nhello"))
    }

    private func reply(_ rejection: Rejection, withBody: Bool = true) throws -> String {
        writer.reply(rejection.apiError, reason: rejection.reason, own(isOurs: true), withBody: withBody)
        return try written()
    }

    @Test func `an error of ours names its reason, and says whether to try again`() throws {
        let overloaded = try reply(.overloaded)
        #expect(
            overloaded.hasPrefix("HTTP/1.1 503 Service Unavailable\r\ncontent-type: application/json\r\n"))
        #expect(overloaded.contains("x-latchkey-error: overloaded\r\n"))
        #expect(overloaded.contains("retry-after-ms: 1000\r\nretry-after: 1\r\n"))
        #expect(overloaded.contains("x-request-id: \(id)\r\ndate: Thu, 01 Jan 1970 00:00:00 GMT\r\n"))
        #expect(!overloaded.contains("x-should-retry"))
        #expect(try reply(.noUpstreamCredential).contains("x-should-retry: false\r\n"))
        #expect(try reply(.missingCredential).contains("www-authenticate: Bearer\r\n"))
        #expect(try reply(.methodNotAllowed).contains("\r\nallow: "))
        #expect(try reply(.upgradeNotSupported).contains("upgrade: HTTP/1.1\r\n"))
    }

    @Test func `an error to a HEAD has the length of its body, and no body`() throws {
        let whole = try reply(.overloaded)
        let head = try reply(.overloaded, withBody: false)
        #expect(whole.hasPrefix(head) && head.hasSuffix("\r\n\r\n") && whole.count > head.count)
    }

    @Test func `a maximum that was written in is told`() throws {
        let head = ResponseHead(status: 200, lines: ByteBuffer(string: "HTTP/1.1 200 X\r\n"))
        writer.relay(head, own(output: 1024), isHTTP11: true, withBody: false) { _ in false }
        #expect(try written().contains("x-latchkey-output-limit: 1024\r\n"))
    }
}
