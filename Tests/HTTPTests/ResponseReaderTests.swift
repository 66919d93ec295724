import NIOCore
import Testing

@testable import HTTP

/// How one response comes off the bytes of a connection, piece by piece.
struct ResponseReaderTests {
    private static let chunkedHead = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"

    private func head(_ piece: ResponseReader.Piece?) -> ResponseHead? {
        if case .head(let head) = piece { head } else { nil }
    }

    private func body(_ piece: ResponseReader.Piece?) -> String? {
        if case .body(let bytes) = piece { String(buffer: bytes) } else { nil }
    }

    private func isEnd(_ piece: ResponseReader.Piece?) -> Bool {
        if case .end = piece { true } else { false }
    }

    /// Where the readable bytes are in memory.
    private func address(_ buffer: ByteBuffer) -> UInt {
        buffer.withUnsafeReadableBytes { UInt(bitPattern: $0.baseAddress) }
    }

    @Test func `head, body and end come in this order, without a copy`() throws {
        var input = ByteBuffer(string: "HTTP/1.1 201 Made\r\nContent-Length: 5\r\nX: y\r\n\r\nhelloHTTP")
        let start = address(input)
        var reader = ResponseReader(toHead: false)
        #expect(!reader.hasBegun && !reader.hasHead)

        let head = try #require(head(try reader.next(from: &input)))
        #expect(
            head.status == 201 && head.framing == .length(5) && head.keepsAlive && !head.endsWithConnection)
        #expect(String(buffer: head.lines) == "HTTP/1.1 201 Made\r\nContent-Length: 5\r\nX: y\r\n")
        #expect(address(head.lines) == start)
        #expect(reader.hasBegun && reader.hasHead && !reader.isComplete)

        guard case .body(let bytes) = try reader.next(from: &input) else { throw ResponseFault.endedInBody }
        #expect(String(buffer: bytes) == "hello")
        #expect(address(bytes) == start + UInt(head.lines.readableBytes) + 2)
        #expect(!reader.isReusable)

        #expect(isEnd(try reader.next(from: &input)))
        #expect(reader.isComplete && reader.isReusable && reader.inputEnded() == nil)
        #expect(try reader.next(from: &input) == nil)
        #expect(String(buffer: input) == "HTTP")
    }

    @Test func `data of all chunks that are there comes as one piece, in place`() throws {
        var input = ByteBuffer(string: Self.chunkedHead + "5\r\nhello\r\n1;x\r\n \r\n5\r\nwor")
        let start = address(input)
        var reader = ResponseReader(toHead: false)
        #expect(head(try reader.next(from: &input)) != nil)

        guard case .body(let bytes) = try reader.next(from: &input) else { throw ResponseFault.endedInBody }
        #expect(String(buffer: bytes) == "hello wor")
        #expect(address(bytes) == start + UInt(Self.chunkedHead.utf8.count) + 3)
        #expect(input.readableBytes == 0)

        input.writeString("ld\r\n1\r\n!\r\n0\r\n\r\nnext")
        #expect(body(try reader.next(from: &input)) == "ld!")
        #expect(!reader.isComplete)
        #expect(isEnd(try reader.next(from: &input)))
        #expect(try reader.next(from: &input) == nil)
        #expect(String(buffer: input) == "next")
    }

    @Test func `who keeps the head or a piece keeps its bytes`() throws {
        var input = ByteBuffer(string: Self.chunkedHead + "1\r\na\r\n1\r\nb\r\n")
        let copy = input
        var reader = ResponseReader(toHead: false)
        let head = try #require(head(try reader.next(from: &input)))
        guard case .body(let first) = try reader.next(from: &input) else { throw ResponseFault.endedInBody }
        input.writeString("1\r\nc\r\n1\r\nd\r\n")
        #expect(body(try reader.next(from: &input)) == "cd")

        #expect(String(buffer: head.lines) == String(Self.chunkedHead.dropLast()))
        #expect(String(buffer: first) == "ab")
        #expect(String(buffer: copy) == Self.chunkedHead + "1\r\na\r\n1\r\nb\r\n")
    }

    @Test func `an interim head is not the beginning of the response`() throws {
        var reader = ResponseReader(toHead: false)
        var input = ByteBuffer(string: "HTTP/1.1 103 Early Hints\r\nX: y\r\n")
        #expect(try reader.next(from: &input) == nil && !reader.hasBegun)
        input.writeString("\r\n")
        #expect(try reader.next(from: &input) == nil && !reader.hasBegun && input.readableBytes == 0)
        input.writeString("H")
        #expect(try reader.next(from: &input) == nil && reader.hasBegun && !reader.hasHead)
        input.writeString("TTP/1.1 200 OK\r\n\r\n")
        #expect(head(try reader.next(from: &input))?.endsWithConnection == true)
    }

    @Test func `a fault stays, and comes after the data before it`() throws {
        var input = ByteBuffer(string: Self.chunkedHead + "1\r\na\r\n1\r\nb\r\nx\r\n")
        var reader = ResponseReader(toHead: false)
        #expect(head(try reader.next(from: &input)) != nil)
        #expect(body(try reader.next(from: &input)) == "ab")
        for _ in 0..<2 {
            #expect(throws: ResponseFault.chunk(.size)) { try reader.next(from: &input) }
            input.writeString("0\r\n\r\n")
        }
        #expect(reader.inputEnded() == .chunk(.size))
        #expect(!reader.isComplete && !reader.isReusable)

        input = ByteBuffer(string: "HTTP/1.1 200 OK\r\n\tX: y\r\n\r\n")
        reader = ResponseReader(toHead: false)
        #expect(throws: ResponseFault.foldedLine) { try reader.next(from: &input) }
        input = ByteBuffer(string: "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        #expect(throws: ResponseFault.foldedLine) { try reader.next(from: &input) }
        #expect(reader.inputEnded() == .foldedLine && !reader.hasHead)
    }

    @Test func `the end of the connection ends only a body without a length`() throws {
        var reader = ResponseReader(toHead: false)
        var input = ByteBuffer(string: "HTTP/1.1 200 OK\r\n\r\nhel")
        #expect(head(try reader.next(from: &input))?.framing == .untilClose)
        #expect(body(try reader.next(from: &input)) == "hel")
        #expect(try reader.next(from: &input) == nil && !reader.isComplete)
        #expect(reader.inputEnded() == nil && reader.isComplete && !reader.isReusable)

        reader = ResponseReader(toHead: false)
        #expect(reader.inputEnded() == .endedBeforeHead)
        #expect(throws: ResponseFault.endedBeforeHead) { try reader.next(from: &input) }
    }

    @Test func `a connection may be used again after 304 and HEAD but not after 204 with a length`() throws {
        for (status, isHead, isReusable) in [(304, false, true), (200, true, true), (204, false, false)] {
            var reader = ResponseReader(toHead: isHead)
            var input = ByteBuffer(string: "HTTP/1.1 \(status) x\r\nContent-Length: 7\r\n\r\n")
            #expect(head(try reader.next(from: &input))?.framing == ResponseHead.Framing.none)
            #expect(isEnd(try reader.next(from: &input)))
            #expect(reader.isComplete && reader.isReusable == isReusable, "\(status)")
        }
    }

    @Test func `every fault has a sentence of its own`() {
        let faults: [ResponseFault] =
            [
                .notHTTP, .version, .statusLine, .lineEnd, .foldedLine, .fieldLine, .tooManyFields,
                .headTooLarge, .protocolSwitch, .contentLength, .conflictingLengths, .transferEncoding,
                .lengthAndEncoding, .endedBeforeHead, .endedInHead, .endedInBody,
            ] + ChunkFault.allCases.map(ResponseFault.chunk)
        #expect(Set(faults.map(\.reason)).count == faults.count)
    }

    @Test func `a response that no upstream sent has a head too`() {
        let lines = ByteBuffer(string: "HTTP/1.1 200 OK\r\n")
        let head = ResponseHead(status: 200, lines: lines)
        #expect(head.keepsAlive && !head.endsWithConnection && head.lines == lines)
    }
}
