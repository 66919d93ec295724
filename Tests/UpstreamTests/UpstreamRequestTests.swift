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
        #expect(!head([("a: 1", nil)]).hasAccept && !head([("a: 1", nil)]).hasContentType)
        #expect(head([("accept: 1", .accept)]).hasAccept)
        #expect(head([("content-type: 1", .contentType)]).hasContentType)
    }

    @Test func `libcurl asks leave for what is above a mebibyte, or of unknown length`() {
        func asks(_ body: UpstreamRequest.Body) -> Bool {
            UpstreamRequest(
                origin: UpstreamOrigin(scheme: .http, host: "a", port: 1), method: .post, head: head([]),
                body: body,
                credential: nil
            ).asksLeave
        }
        #expect(!asks(.none) && !asks(.held(ByteBuffer(repeating: 0, count: 1 << 20))))
        #expect(asks(.held(ByteBuffer(repeating: 0, count: 1 << 20 + 1))))
        #expect(!asks(.streamed(length: 1 << 20)) && asks(.streamed(length: 1 << 20 + 1)))
        #expect(asks(.streamed(length: nil)))
    }
}
