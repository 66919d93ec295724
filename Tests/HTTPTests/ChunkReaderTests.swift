import NIOCore
import Testing

@testable import HTTP

/// A chunked body comes chunk by chunk, or gathered.
struct ChunkReaderTests {
    private func read(
        _ input: inout ByteBuffer,
        _ next: (inout ChunkReader, inout ByteBuffer) throws(ChunkFault) -> ChunkReader.Part?
    ) throws(ChunkFault) -> [String] {
        var reader = ChunkReader()
        var parts: [String] = []
        while let part = try next(&reader, &input) {
            switch part {
            case .data(let bytes): parts.append(String(buffer: bytes))
            case .end: parts.append("end")
            }
        }
        return parts
    }

    @Test func `chunks come one by one or together`() throws {
        let text = "5\r\nhello\r\n1;x=y\r\n \r\n05\r\nworld\r\n0\r\nX: y\r\n\r\nnext"
        var input = ByteBuffer(string: text)
        let single = try read(&input) { (reader, input) throws(ChunkFault) in try reader.next(from: &input) }
        #expect(single == ["hello", " ", "world", "end"] && String(buffer: input) == "next")

        input = ByteBuffer(string: text)
        let together = try read(&input) { (reader, input) throws(ChunkFault) in
            try reader.nextGathered(from: &input)
        }
        #expect(together == ["hello world", "end"] && String(buffer: input) == "next")
    }

    @Test func `chunks that share their memory with another buffer are gathered in a copy`() throws {
        var input = ByteBuffer(string: "1\r\na\r\n1\r\nb\r\n0\r\n\r\n")
        let other = input
        let parts = try read(&input) { (reader, input) throws(ChunkFault) in
            try reader.nextGathered(from: &input)
        }
        #expect(parts == ["ab", "end"] && input.readableBytes == 0)
        #expect(String(buffer: other) == "1\r\na\r\n1\r\nb\r\n0\r\n\r\n")
    }

    @Test func `a fault stays`() {
        var reader = ChunkReader()
        var input = ByteBuffer(string: "x\r\n")
        #expect(throws: ChunkFault.size) { try reader.next(from: &input) }
        input = ByteBuffer(string: "0\r\n\r\n")
        #expect(throws: ChunkFault.size) { try reader.next(from: &input) }
        #expect(throws: ChunkFault.size) { try reader.nextGathered(from: &input) }
        #expect(input.readableBytes == 5)
    }
}
