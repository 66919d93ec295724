import NIOCore
import Testing

@testable import Upstream

struct AnswerHeadTests {
    /// Feeds line by line, as libcurl does; nil where a line was refused.
    private func head(_ text: String) -> AnswerHead? {
        var head = AnswerHead()
        var rest = Array(text.utf8)[...]
        while let end = rest.firstIndex(of: 0x0A) {
            let line = Array(rest[...end])
            rest = rest[(end + 1)...]
            let status = String(decoding: line, as: UTF8.self).split(separator: " ").dropFirst().first
            if head.isAtStart { head.begin(status: status.flatMap { Int($0) } ?? 0, ByteBuffer()) }
            guard line.withUnsafeBytes({ head.take($0) }) else { return nil }
        }
        return head
    }

    @Test func `the head that counts is the one behind the interim ones`() throws {
        let text = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n"
        let interim = try #require(head(text))
        #expect(!interim.isComplete && interim.status == 0)
        let real = try #require(head(text + "HTTP/1.1 204 No Content\r\na: b\r\n\r\n"))
        #expect(real.isComplete && real.status == 204)
        #expect(real.lines.map { String(buffer: $0) } == "HTTP/1.1 204 No Content\r\na: b\r\n")
    }

    @Test func `lines may end with a bare LF and are kept as they came`() throws {
        let bare = try #require(head("HTTP/1.1 200 OK\nX-É: é\n\n"))
        #expect(bare.isComplete && bare.lines.map { String(buffer: $0) } == "HTTP/1.1 200 OK\nX-É: é\n")
    }

    @Test(arguments: [
        "Content-Length: 5\r\ncontent-length: 5", "CONTENT-LENGTH:\t 0 ", "Transfer-Encoding: chunked",
        "Content-Length-Hint: x", "X-Content-Length: x",
    ])
    func `one clear framing passes`(_ lines: String) {
        #expect(head("HTTP/1.1 200 OK\r\n\(lines)\r\n\r\n")?.isComplete == true)
    }

    @Test(arguments: [
        "Content-Length: 5\r\nContent-Length: 6", "Content-Length: 5, 5", "Content-Length: +5",
        "Content-Length: -5", "Content-Length: 0x5", "Content-Length:", "Content-Length: 5 5",
        "Content-Length: 99999999999999999999", "Content-Length: 5\r\nTransfer-Encoding: chunked",
        "transfer-encoding: chunked\r\ncontent-length: 5",
    ])
    func `a framing that two parsers may read differently is refused`(_ lines: String) {
        #expect(head("HTTP/1.1 200 OK\r\n\(lines)\r\n\r\n") == nil)
    }

    @Test func `what an interim head says does not count for the real one`() {
        let text = "HTTP/1.1 103 Early Hints\r\nContent-Length: 9\r\n\r\n"
        #expect(head(text + "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n")?.isComplete == true)
    }

    @Test func `switching protocols is refused`() {
        #expect(head("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n") == nil)
    }

    @Test(arguments: [
        ("204 No Content\r\nContent-Length: 5", true), ("204 No Content\r\nTransfer-Encoding: chunked", true),
        ("204 No Content\r\nContent-Length: 0", false), ("204 No Content", false),
        ("304 Not Modified\r\nContent-Length: 5", false), ("200 OK\r\nContent-Length: 5", false),
    ])
    func `a 204 that announces a body ends its connection`(_ lines: String, _ isForbidden: Bool) throws {
        #expect(try #require(head("HTTP/1.1 \(lines)\r\n\r\n")).forbidsReuse == isForbidden)
    }

    @Test func `heads without end are refused, interim ones together with the real one`() {
        let field = "x: \(String(repeating: "a", count: 1000))\r\n"
        let long = String(repeating: field, count: 300)
        #expect(head("HTTP/1.1 200 OK\r\n" + long) == nil)
        let interim = "HTTP/1.1 103 Early Hints\r\n\(field)\r\n"
        #expect(head(String(repeating: interim, count: 300)) == nil)
        #expect(head(String(repeating: interim, count: 100)) != nil)
    }
}
