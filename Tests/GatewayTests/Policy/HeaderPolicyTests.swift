import Domain
import HTTP
import NIOCore
import Testing

@testable import Gateway
@testable import Upstream

/// Which header fields cross the proxy, both ways, without a socket.
struct HeaderPolicyTests {
    // MARK: To the upstream

    private func head(_ fields: [String]) throws -> RequestHead {
        var input = ByteBuffer(
            string: "POST /v1/x HTTP/1.1\r\nHost: a\r\n" + fields.map { $0 + "\r\n" }.joined() + "\r\n")
        var parser = HeadParser(HeadLimits())
        return try #require(try parser.next(from: &input))
    }

    /// The field lines that the upstream is sent of these.
    private func sent(
        _ fields: [String], isMetered: Bool = false, without unwanted: [String] = []
    ) throws -> [String] {
        let head = try head(fields)
        var target = UpstreamRequestHead(ByteBuffer())
        HeaderPolicy.upstream(
            head, isMetered: isMetered, without: head.connectionNames + unwanted, into: &target)
        return String(buffer: target.bytes).split(separator: "\r\n").map(String.init)
    }

    @Test func `everything passes as it came and in its order, but for what is named`() throws {
        let passing = ["X-A:  1", "accept: text/plain", "Content-Type: application/json", "x-a: 2", "b:"]
        let dropped = [
            "Authorization: Bearer lk_x", "Cookie: a=b", "X-Api-Key: k", "api-key: k", "x-goog-api-key: k",
            "Proxy-Authorization: x", "Keep-Alive: 1", "TE: trailers", "Trailer: x", "Upgrade: h2c",
            "Content-Length: 2", "Expect: 100-continue", "X-Forwarded-For: 192.0.2.1", "Via: 1.1 a",
            "Forwarded: for=a", "Referer: http://a", "CF-Ray: 1", "X-HTTP-Method-Override: GET",
            "OpenAI-Organization: o", "OpenAI-Project: p", "X-Latchkey-Hop: a",
        ]
        #expect(try sent(passing) == passing)
        #expect(try sent(dropped) == [])
        var mixed: [String] = []
        for (index, line) in dropped.enumerated() { mixed += [line, "X-\(index): a"] }
        #expect(try sent(mixed) == dropped.indices.map { "X-\($0): a" })
    }

    @Test func `what Connection names ends here, and so does what holds a credential of ours`() throws {
        #expect(try sent(["X-A: 1", "Connection: X-A, x-b", "x-B: 2", "X-C: 3"]) == ["X-C: 3"])
        #expect(try sent(["X-A: 1", "X-C: 3"], without: ["x-a"]) == ["X-C: 3"])
        // Not what a request needs.
        let type = ["Connection: content-type, authorization", "Content-Type: application/json"]
        #expect(try sent(type) == ["Content-Type: application/json"])
    }

    @Test func `a response that is metered is asked for without a content coding`() throws {
        let fields = ["Accept-Encoding: gzip", "X-A: 1"]
        #expect(try sent(fields) == fields)
        #expect(try sent(fields, isMetered: true) == ["X-A: 1", "accept-encoding: identity"])
    }

    // MARK: To the client

    private func relayed(
        _ status: Int, _ fields: [String], isChanged: Bool = false, isForBrowsers: Bool = false
    ) -> (lines: [String], head: RelayedHead) {
        let text = "HTTP/1.1 \(status) Said So\r\n" + fields.map { $0 + "\r\n" }.joined()
        let head = ResponseHead(status: status, lines: ByteBuffer(string: text))
        var buffer = ByteBuffer()
        let relayed = buffer.write(atMost: HeaderPolicy.longestRelay(of: head)) { pen in
            HeaderPolicy.relay(head, isChanged: isChanged, with: &pen, isForBrowsers: isForBrowsers)
        }
        var lines = String(buffer: buffer).split(separator: "\r\n").map(String.init)
        #expect(lines.removeFirst() == "HTTP/1.1 \(status) Said So")
        return (lines, relayed)
    }

    @Test func `a response passes as it came, but for what tells of the account or is ours to say`() {
        let passing = [
            "Content-Type: application/json", "X-Request-ID: req_1", "Content-Length: 5", "ETag: x",
        ]
        let dropped = [
            "Set-Cookie: a=b", "openai-organization: o", "OpenAI-Project: p", "X-Latchkey-Error: x",
            "x-latchkey-request-id: y", "Keep-Alive: timeout=5", "Transfer-Encoding: chunked",
            "Authorization: x", "Upgrade: h2c", "Connection: close",
        ]
        let (lines, head) = relayed(200, passing)
        #expect(lines == passing && head.hasLength && head.requestID == "req_1" && head.form == .json)
        #expect(relayed(200, dropped).lines == [])
    }

    @Test func `what the response's Connection names does not pass, wherever it stands`() {
        let (lines, head) = relayed(200, ["X-A: 1", "X-B: 2", "Connection: x-a, close", "X-C: 3"])
        #expect(lines == ["X-B: 2", "X-C: 3"] && !head.hasLength)
    }

    @Test func `a length beside chunks, on 204 or a second time does not pass`() {
        let chunked = relayed(200, ["Content-Length: 5", "Transfer-Encoding: chunked"])
        #expect(chunked.lines == [] && !chunked.head.hasLength)
        #expect(relayed(204, ["Content-Length: 0"]).lines == [])
        #expect(relayed(200, ["Content-Length: 5", "Content-Length: 5"]).lines == ["Content-Length: 5"])
    }

    @Test func `of a body that is changed nothing is said that is true of its bytes alone`() {
        let fields = ["Content-Length: 5", "ETag: x", "Content-Digest: d", "Accept-Ranges: bytes", "X-A: 1"]
        let (lines, head) = relayed(200, fields, isChanged: true)
        #expect(lines == ["X-A: 1"] && !head.hasLength)
    }

    @Test func `a stream of events is not held back, unless the upstream says something else`() {
        let type = "Content-Type: text/event-stream"
        #expect(relayed(200, [type]).lines == [type, "x-accel-buffering: no"])
        #expect(relayed(200, [type, "X-Accel-Buffering: yes"]).lines == [type, "X-Accel-Buffering: yes"])
    }

    @Test func `what browsers are told of other origins is ours to say where that is set`() {
        let fields = ["Access-Control-Allow-Origin: *", "X-A: 1"]
        #expect(relayed(200, fields).lines == fields)
        #expect(relayed(200, fields, isForBrowsers: true).lines == ["X-A: 1"])
    }

    @Test func `a content coding is noticed, identity is none`() {
        #expect(relayed(200, ["Content-Encoding: gzip"]).head.isEncoded)
        #expect(!relayed(200, ["Content-Encoding: identity"]).head.isEncoded)
    }
}
