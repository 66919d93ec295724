import Domain
import Foundation
import NIOCore
import NIOEmbedded
import NIOHTTP1
import Testing

@testable import Gateway

/// How a request's head is read off the bytes.
struct HeadParserTests {
    private static let isVerifying = ProcessInfo.processInfo.environment["VERIFY"] == "1"

    private func parse(_ text: String) throws(Rejection) -> RequestHead? {
        var input = ByteBuffer(string: text)
        var parser = HeadParser(HeadLimits())
        return try parser.next(from: &input)
    }

    private func rejection(_ text: String) -> Rejection? {
        do throws(Rejection) {
            return try parse(text) == nil ? .overloaded : nil
        } catch {
            return error
        }
    }

    private func head(_ fields: String) -> String { "POST /v1/x HTTP/1.1\r\nHost: a\r\n\(fields)\r\n" }

    @Test func `what concerns us is read in any case of the names`() throws {
        let parsed = try #require(
            try parse(
                head(
                    "AUTHORIZATION: \t x \t\r\ncontent-LENGTH:12\r\nContent-type: application/vnd.x+JSON; "
                        + "a=b\r\nConnection: Close, X-A ,x-b\r\nExpect: 100-Continue\r\nX-Empty:\r\n")))

        #expect(parsed.method == .post && parsed.isHTTP11 && !parsed.keepsAlive && parsed.isForProxy)
        #expect(parsed.framing == .length(12) && parsed.isJSON && parsed.expectsContinue)
        #expect(parsed.connectionNames == ["x-a", "x-b"] && parsed.fields.count == 7)
        #expect(parsed.withTarget { $0.elementsEqual("/v1/x".utf8) })
        #expect(parsed.withAuthorization { $0?.elementsEqual("x".utf8) } == true)
    }

    @Test(arguments: [
        ("GET /v1/x HTTP/1.1\nHost: a\r\n\r\n", "header"), ("GET /v1/x HTTP/1.1\r\nHost: a\n\r\n", "header"),
        ("GET /v1/x HTTP/1.1\r\nHost: a\r\n\n", "header"),
        ("GET /v1/x HTTP/1.1\r\nHost: a\rb\r\n\r\n", "header"),
        ("GET /v1/x HTTP/1.1\r\nHost: a\r\nX: a\r\n b\r\n\r\n", "header"),
        ("GET /v1/x HTTP/1.1\r\n Host: a\r\n\r\n", "header"),
        ("GET /v1/x HTTP/1.1\r\nHost : a\r\n\r\n", "header"),
        ("GET /v1/x HTTP/1.1\r\nHost\r\n\r\n", "header"),
        ("GET /v1/x HTTP/1.1\r\n: a\r\n\r\n", "header"),
        ("GET /v1/x HTTP/1.1\r\nHost: a\r\nX: a\u{0}b\r\n\r\n", "header"),
        ("GET /v1/x HTTP/1.1\r\nHost: a\r\nX: \u{7F}\r\n\r\n", "header"),
        ("GET /v1/x HTTP/1.1\r\nHost: a\r\nX(: b\r\n\r\n", "header"),
        ("GET /v1/x HTTP/1.1\r\nHost: a\r\nÄ: b\r\n\r\n", "header"),
        ("\nGET /v1/x HTTP/1.1\r\nHost: a\r\n\r\n", "method"), ("\r\rGET / HTTP/1.1\r\n", "method"),
        ("\r\n\r\n\r\n\r\n\r\nGET /v1/x HTTP/1.1\r\nHost: a\r\n\r\n", "method"),
        ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "http2"), ("PRI * HTTP/1.1\r\nHost: a\r\n\r\n", "method"),
        ("\u{16}\u{3}\u{1}\u{2}\u{0}\u{1}\n\r\n", "tls"),
        ("CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n", "method"),
        ("TRACE /v1/x HTTP/1.1\r\nHost: a\r\n\r\n", "method"),
        ("get /v1/x HTTP/1.1\r\nHost: a\r\n\r\n", "method"), ("GET\r\nHost: a\r\n\r\n", "method"),
        (" GET /v1/x HTTP/1.1\r\nHost: a\r\n\r\n", "method"),
        ("GET  /v1/x HTTP/1.1\r\nHost: a\r\n\r\n", "target"),
        ("GET /v1/\tx HTTP/1.1\r\nHost: a\r\n\r\n", "target"),
        ("GET /v1/ä HTTP/1.1\r\nHost: a\r\n\r\n", "target"),
        ("GET /v1/x\r\nHost: a\r\n\r\n", "version"), ("GET /v1/x HTTP/1.1 \r\nHost: a\r\n\r\n", "version"),
        ("GET /v1/x  HTTP/1.1\r\nHost: a\r\n\r\n", "version"),
        ("GET /v1/x HTTP/2.0\r\nHost: a\r\n\r\n", "version"),
        ("GET /v1/x http/1.1\r\nHost: a\r\n\r\n", "version"),
        ("GET /v1/x HTTP/0.9\r\nHost: a\r\n\r\n", "version"),
        ("GET /v1/x HTTP/1.1\r\n\r\n", "host"), ("GET /v1/x HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", "host"),
        ("GET /v1/x HTTP/1.1\r\nHost:\r\n\r\n", "host"), ("GET /v1/x HTTP/1.1\r\nHost: a/b\r\n\r\n", "host"),
        ("GET /v1/x HTTP/1.1\r\nHost: a@b\r\n\r\n", "host"),
        ("GET /v1/x HTTP/1.1\r\nHost: a b\r\n\r\n", "host"),
        ("GET /v1/x HTTP/1.1\r\nHost: a:x\r\n\r\n", "host"),
        ("GET /v1/x HTTP/1.1\r\nHost: a:123456\r\n\r\n", "host"),
        ("GET /v1/x HTTP/1.1\r\nHost: [::1\r\n\r\n", "host"),
        ("GET /v1/x HTTP/1.1\r\nHost: :80\r\n\r\n", "host"),
    ])
    func `what is not HTTP to the letter is refused`(text: String, part: String) {
        #expect(rejection(text)?.reason == "malformed_\(part)")
        #expect(rejection(text)?.closesConnection == true)
    }

    @Test(arguments: [
        "Content-Length: 1\r\nContent-Length: 1\r\n", "Content-Length: 1\r\nContent-Length: 2\r\n",
        "Content-Length:\r\n", "Content-Length: -1\r\n", "Content-Length: +1\r\n", "Content-Length: 0x1\r\n",
        "Content-Length: 1, 1\r\n", "Content-Length: 1 1\r\n", "Content-Length: 99999999999999999999\r\n",
        "Content-Length: ١\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 1\r\n",
        "Content-Length: 0\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: gzip, chunked\r\n", "Transfer-Encoding: chunked, chunked\r\n",
        "Transfer-Encoding:\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "Transfer-Encoding: identity\r\n",
        "Transfer-Encoding: xchunked\r\n", "Transfer-Encoding: \u{B}chunked\r\n",
    ])
    func `a length that can be read in two ways is refused`(fields: String) {
        let reason = rejection(head(fields))?.reason
        #expect(reason == "malformed_framing" || reason == "malformed_header")
    }

    @Test(arguments: [
        ("application/json", false), ("application/json; charset=utf-8", false),
        ("application/json;charset=UTF8", false), ("application/json; charset=\"Utf-8\"", false),
        ("application/json; charset=us-ascii", false), ("application/json; x=y", false),
        ("application/json; charset=utf-16", true), ("application/json;charset=\"latin1\"", true),
        ("application/json; charset=utf-8; CHARSET=utf-7", true), ("application/json; charset=", true),
        ("application/json; charset", true), ("text/plain; x=y ; charset = utf-32 ", true),
    ])
    func `a charset that is not a part of UTF-8 is seen`(type: String, isForeign: Bool) throws {
        let parsed = try #require(try parse(head("Content-Type: \(type)\r\n")))
        #expect(parsed.hasForeignCharset == isForeign)
    }

    @Test(arguments: ["a", "application/json", "multipart/form-data; boundary=b"])
    func `a second Content-Type is refused, whatever it says`(type: String) {
        for first in [type, "multipart/form-data; boundary=a", "application/json", ""] {
            let fields = "Content-Type: \(first)\r\nContent-type: \(type)\r\n"
            #expect(rejection(head(fields)) == .malformedRequest(.contentType))
        }
    }

    @Test(arguments: [
        "a", "a.b-c_d:80", "127.0.0.1:1", "[::1]", "[fe80::1]:8080", "EXAMPLE.com", "a:", "xn--a",
    ])
    func `a host is a name or an address, with or without a port`(host: String) {
        #expect(rejection("GET / HTTP/1.1\r\nHost: \(host)\r\n\r\n") == nil)
    }

    @Test func `a line of the greatest length passes, wherever it is cut`() throws {
        let longest = "X: " + String(repeating: "x", count: HeadLimits().field - 3)
        let bytes = Array(head(longest + "\r\n").utf8)
        for cut in bytes.count - 6..<bytes.count {
            var parser = HeadParser(HeadLimits())
            var input = ByteBuffer(bytes: bytes[..<cut])
            let early = try parser.next(from: &input)
            #expect(early?.fields.count == nil)
            input.writeBytes(bytes[cut...])
            let whole = try parser.next(from: &input)
            #expect(whole?.fields.count == 2)
        }
        #expect(rejection(head("x" + longest + "\r\n")) == .headersTooLarge)
    }

    @Test func `HTTP 1_0 may leave Host out, closes, and has no chunks`() throws {
        let parsed = try #require(try parse("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"))
        #expect(!parsed.isHTTP11 && !parsed.keepsAlive && !parsed.hasBody && !parsed.isForProxy)
        #expect(
            rejection("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n") == .malformedRequest(.framing))
    }

    @Test func `two credentials and an unknown expectation are refused`() {
        #expect(
            rejection(head("Authorization: a\r\nauthorization: b\r\n")) == .malformedRequest(.authorization))
        #expect(rejection(head("Expect: x\r\n")) == .expectationFailed)
    }

    @Test(arguments: [
        "Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAMAAABk\r\n",
        "Upgrade: h2c\r\n", "Upgrade: TLS/1.0, IRC/6.9\r\nConnection: upgrade\r\n", "Upgrade:\r\n",
        "Upgrade: websockets, x-websocket\r\nConnection: upgrade\r\n",
    ])
    func `an offer of another protocol is passed over`(fields: String) throws {
        let parsed = try #require(try parse(head(fields + "Content-Length: 2\r\n")))
        #expect(parsed.framing == .length(2) && parsed.keepsAlive)
    }

    @Test(arguments: [
        "Upgrade: websocket\r\nConnection: upgrade\r\n", "Upgrade: WebSocket\r\n",
        "Upgrade: h2c, websocket\r\n", "Upgrade: h2c\r\nUpgrade: websocket\r\n",
    ])
    func `a WebSocket is refused, for its client is served by nothing else`(fields: String) {
        #expect(rejection(head(fields)) == .upgradeNotSupported)
        let twice = "Content-Length: 1\r\nContent-Length: 2\r\n"
        #expect(rejection(head(fields + twice)) == .malformedRequest(.framing))
        // HTTP/1.0 knows no upgrade: RFC 9110 7.8.
        #expect(rejection("GET / HTTP/1.0\r\n\(fields)\r\n") == nil)
    }

    @Test func `a few empty lines in front of a request line are passed over`() throws {
        let text = "\r\n\r\n\r\n\r\nGET /v1/x HTTP/1.1\r\nHost: a\r\n\r\n"
        for split in 0..<text.utf8.count {
            var parser = HeadParser(HeadLimits())
            var input = ByteBuffer(bytes: text.utf8.prefix(split))
            let early = try parser.next(from: &input)
            #expect(early?.fields.count == nil)
            if split <= 8 { #expect(parser.isAtStart) }
            input.writeBytes(Array(text.utf8.dropFirst(split)))
            let whole = try #require(try parser.next(from: &input))
            #expect(whole.withTarget { $0.elementsEqual("/v1/x".utf8) })
            #expect(whole.bytes.readableBytes == text.utf8.count - 8)
        }
    }

    /// Its client may wait for an answer before it sends the end of a line.
    @Test func `another protocol is refused at its first byte`() {
        #expect(rejection("\u{16}") == .malformedRequest(.tls))
        #expect(rejection("\u{5}\u{1}") == .malformedRequest(.method))
        #expect(rejection("\u{80}\u{2E}") == .malformedRequest(.method))
        #expect(rejection("G") == .overloaded && rejection("PRI * HTTP/2.0\r") == .overloaded)
    }

    @Test func `what is too long is refused before it is whole`() {
        let long = String(repeating: "x", count: 20_000)
        #expect(rejection("GET /v1/\(long.prefix(8 * 1024 - 4)) HTTP/1.1\r\nHost: a\r\n\r\n") == nil)
        #expect(rejection("GET /v1/\(long.prefix(8 * 1024 - 3)) HTTP/1.1\r\nHost: a\r\n\r\n") == .uriTooLong)
        #expect(rejection("GET /v1/\(long)") == .uriTooLong)
        #expect(rejection(long) == .uriTooLong)
        #expect(rejection(head("X: \(long.prefix(16 * 1024 - 3))\r\n")) == nil)
        #expect(rejection(head("X: \(long.prefix(16 * 1024 - 2))\r\n")) == .headersTooLarge)
        #expect(rejection("GET /v1/x HTTP/1.1\r\nX: \(long)") == .headersTooLarge)
        #expect(
            rejection(
                head("A: \(long.prefix(16_000))\r\nB: \(long.prefix(16_000))\r\nC: \(long.prefix(800))\r\n"))
                == .headersTooLarge)
        // The same for a line that ends otherwise than lines do: cut in pieces, it is refused before its end.
        #expect(rejection("GET /v1/\(long)\n") == .uriTooLong)
        #expect(rejection("GET /v1/x HTTP/1.1\r\nX: \(long)\n") == .headersTooLarge)
        #expect(rejection("GET /v1/x HTTP/1.1\n") == .malformedRequest(.header))
        let field = "X: y\r\n"
        #expect(rejection(head(String(repeating: field, count: 99))) == nil)
        #expect(rejection(head(String(repeating: field, count: 100))) == .headersTooLarge)
    }

    @Test func `a head may come in any pieces, and takes nothing of what follows`() throws {
        let text = "\r\nPOST /v1/x?y=%20 HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nX-Y: z\r\n\r\n"
        for split in 0...text.utf8.count {
            var input = ByteBuffer(bytes: Array(text.utf8.prefix(split)))
            var parser = HeadParser(HeadLimits())
            var parsed = try parser.next(from: &input)
            #expect((parsed == nil) == (split < text.utf8.count))
            input.writeString(String(text.utf8.dropFirst(split)) ?? "")
            input.writeString("abcGET")
            if parsed == nil { parsed = try parser.next(from: &input) }
            #expect(parsed?.framing == .length(3) && parsed?.fields.count == 3)
            #expect(String(buffer: input) == "abcGET")
        }
        var input = ByteBuffer()
        var parser = HeadParser(HeadLimits())
        for byte in text.utf8.dropLast() {
            input.writeInteger(byte)
            #expect(try parser.next(from: &input) == nil)
        }
        input.writeInteger(UInt8(0x0A))
        #expect(try parser.next(from: &input) != nil && input.readableBytes == 0)
    }

    /// Whatever passes reads the same to NIO's parser (llhttp): same method, target, fields and framing.
    @Test func `whatever passes reads the same to another parser`() throws {
        var random = SystemRandomNumberGenerator()
        let seeds = [
            head("Content-Length: 5\r\nX: a b\r\n"), head("Transfer-Encoding: chunked\r\nY:\r\n"),
            "GET /v1/models?x=y HTTP/1.1\r\nHost: [::1]:80\r\nConnection: close, x\r\nAccept: */*\r\n\r\n",
        ]
        var passed = 0
        for _ in 0..<(Self.isVerifying ? 200_000 : 10_000) {
            var bytes = Array(seeds.randomElement(using: &random)!.utf8)
            for _ in 0..<Int.random(in: 0...2, using: &random) {
                let at = Int.random(in: 0..<bytes.count, using: &random)
                let interesting: [UInt8] = [0, 9, 10, 13, 32, 44, 58, 59, 127, 128, 200]
                let byte =
                    Bool.random(using: &random)
                    ? interesting.randomElement(using: &random)! : .random(in: 0...255, using: &random)
                switch Int.random(in: 0..<3, using: &random) {
                case 0: bytes[at] = byte
                case 1: bytes.insert(byte, at: at)
                default: bytes.remove(at: at)
                }
            }
            var input = ByteBuffer(bytes: bytes)
            var parser = HeadParser(HeadLimits())
            guard let ours = try? parser.next(from: &input) else { continue }
            // It may be stricter still; what matters is that it never reads something else.
            guard let theirs = Self.theirs(of: ours.bytes) else { continue }
            passed += 1
            #expect("\(theirs.method)" == "\(ours.method.name)")
            #expect(ours.withTarget { $0.elementsEqual(theirs.uri.utf8) })
            #expect(ours.fields.count == theirs.headers.count)
            ours.bytes.withUnsafeReadableBytes { bytes in
                for (field, (name, value)) in zip(ours.fields, theirs.headers) {
                    #expect(String(decoding: bytes[field.nameRange], as: UTF8.self) == name)
                    #expect(
                        String(decoding: bytes[field.value], as: UTF8.self)
                            == value.trimmingCharacters(in: .whitespaces))
                }
            }
        }
        #expect(passed > 1000)
    }

    private static func theirs(of head: ByteBuffer) -> HTTPRequestHead? {
        let channel = EmbeddedChannel()
        defer { _ = try? channel.finish(acceptAlreadyClosed: true) }
        do {
            try channel.pipeline.syncOperations.addHandler(ByteToMessageHandler(HTTPRequestDecoder()))
            try channel.writeInbound(head)
            guard case .head(let head) = try channel.readInbound(as: HTTPServerRequestPart.self) else {
                return nil
            }
            return head
        } catch {
            return nil
        }
    }
}
