import Domain
import NIOCore
import Testing

@testable import Upstream

/// How a head is laid out for libcurl, and what libcurl would add to a request by itself.
@Suite struct UpstreamRequestTests {
    private typealias Line = (String, UpstreamRequestHead.Default?)

    private func head(_ lines: [Line]) -> UpstreamRequestHead {
        var head = UpstreamRequestHead(ByteBuffer())
        Array("/models".utf8).withUnsafeBytes { head.setTarget("/v1", $0) }
        for (text, first) in lines { Array(text.utf8).withUnsafeBytes { head.add(lines: $0, first: first) } }
        head.close()
        return head
    }

    /// As libcurl reads them: each up to its NUL.
    private func blocks(_ lines: Line...) -> [String] {
        let head = head(lines)
        let bytes = Array(head.bytes.readableBytesView)
        #expect(bytes.starts(with: "/v1/models\0".utf8))
        return (0..<head.blockCount).map { block in
            String(decoding: bytes[head.blocks[block]...].prefix { $0 != 0 }, as: UTF8.self)
        }
    }

    @Test func `a block ends where libcurl has to see a name`() {
        #expect(blocks().isEmpty)
        #expect(blocks(("a: 1\r\nb: 2", nil), ("c: 3", nil)) == ["a: 1\r\nb: 2\r\nc: 3"])
        #expect(blocks(("Accept: */*", .accept)) == ["Accept: */*"])
        #expect(
            blocks(
                ("a: 1", nil), ("Content-Type: b", .contentType), ("Accept: c\r\nd: 2", .accept),
                ("e: 3", nil))
                == ["a: 1", "Content-Type: b", "Accept: c\r\nd: 2\r\ne: 3"])
    }

    @Test func `a second one stays behind the first, where it was`() {
        #expect(
            blocks(("Accept: a", .accept), ("b: 1", nil), ("Accept: c", .accept))
                == ["Accept: a\r\nb: 1\r\nAccept: c"])
    }

    @Test func `a field without a value is not taken for one to leave out`() {
        #expect(blocks(("Accept: ", .accept)) == ["Accept;"])
        #expect(blocks(("x:", nil), ("Content-Type:\t", .contentType)) == ["x;", "Content-Type;"])
        #expect(blocks(("x:", nil), ("y: 1", nil)) == ["x:\r\ny: 1"])
    }

    @Test func `what a head has is known`() {
        func has(_ line: Line) -> [Bool] {
            let head = head([line])
            return [head.hasAccept, head.hasContentType]
        }
        #expect(has(("a: 1", nil)) == [false, false])
        #expect(has(("accept: 1", .accept)) == [true, false])
        #expect(has(("content-type: 1", .contentType)) == [false, true])
    }

    @Test func `libcurl asks leave for what is above a mebibyte, or of unknown length`() {
        func asks(_ body: consuming UpstreamRequest.Body) -> Bool {
            UpstreamRequest(
                origin: UpstreamOrigin(scheme: .http, host: "a", port: 1), method: .post, head: head([]),
                body: body,
                credential: nil
            ).asksLeave
        }
        func asks(holding count: Int) -> Bool { asks(.held(ByteBuffer(repeating: 0, count: count))) }
        func asks(streaming length: Int?) -> Bool { asks(.streamed(length: length)) }
        func asksForNothing() -> Bool { asks(.none) }
        #expect(!asksForNothing())
        #expect(!asks(holding: 1 << 20) && asks(holding: 1 << 20 + 1))
        #expect(!asks(streaming: 1 << 20) && asks(streaming: 1 << 20 + 1))
        #expect(asks(streaming: nil))
    }
}
