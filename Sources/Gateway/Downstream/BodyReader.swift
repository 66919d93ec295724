import Domain
import Glibc
import NIOCore

/// Takes the body of one request off the connection's bytes: what belongs to it, and where it ends (RFC 9112
/// 6 and 7.1), to the letter.
///
/// Chunk extensions are read past, within a bound and whatever they say; trailers are checked like fields and
/// dropped.
struct BodyReader {
    enum Piece {
        case bytes(ByteBuffer)
        /// Comes once, last.
        case end
    }

    private enum State {
        case bytes(left: Int)
        case chunkSize
        case chunk(left: Int)
        case chunkEnd
        case trailers(read: Int)
        case ended
    }

    /// Bytes of a chunk's size with its extensions, and of all trailers.
    private static let sizeLineLimit = 256
    private static let trailerLimit = 8 * 1024

    private var state: State

    init(_ framing: RequestHead.Framing) {
        switch framing {
        case .none: state = .bytes(left: 0)
        case .length(let length): state = .bytes(left: length)
        case .chunked: state = .chunkSize
        }
    }

    /// The next piece; nil while its bytes are not there.
    mutating func next(from input: inout ByteBuffer) throws(Rejection) -> Piece? {
        while true {
            switch state {
            case .ended: return nil
            case .bytes(0):
                state = .ended
                return .end
            case .bytes(let left):
                guard let bytes = take(left, from: &input) else { return nil }
                state = .bytes(left: left - bytes.readableBytes)
                return .bytes(bytes)
            case .chunkSize:
                guard let line = try line(of: &input, limit: Self.sizeLineLimit) else { return nil }
                guard let size = Self.chunkSize(line) else { throw .malformedRequest(.framing) }
                state = size == 0 ? .trailers(read: 0) : .chunk(left: size)
            case .chunk(0): state = .chunkEnd
            case .chunk(let left):
                guard let bytes = take(left, from: &input) else { return nil }
                state = .chunk(left: left - bytes.readableBytes)
                return .bytes(bytes)
            case .chunkEnd:
                guard let line = try line(of: &input, limit: 0) else { return nil }
                guard line.readableBytes == 0 else { throw .malformedRequest(.framing) }
                state = .chunkSize
            case .trailers(let read):
                guard let line = try line(of: &input, limit: Self.trailerLimit - read) else { return nil }
                if line.readableBytes == 0 {
                    state = .ended
                    return .end
                }
                let isField = line.withUnsafeReadableBytes { FieldLine($0, 0..<$0.count) != nil }
                guard isField else { throw .malformedRequest(.framing) }
                state = .trailers(read: min(read + line.readableBytes + 2, Self.trailerLimit))
            }
        }
    }

    private func take(_ limit: Int, from input: inout ByteBuffer) -> ByteBuffer? {
        let count = min(limit, input.readableBytes)
        return count > 0 ? input.readSlice(length: count) : nil
    }

    /// A line without its CRLF.
    private func line(of input: inout ByteBuffer, limit: Int) throws(Rejection) -> ByteBuffer? {
        let length = input.withUnsafeReadableBytes { bytes -> Result<Int?, Rejection> in
            guard let base = bytes.baseAddress,
                let found = memchr(base, 0x0A, min(bytes.count, limit + 2))
            else { return bytes.count < limit + 2 ? .success(nil) : .failure(.malformedRequest(.framing)) }
            let feed = UnsafeRawPointer(found) - base
            guard feed > 0, bytes[feed - 1] == 0x0D else { return .failure(.malformedRequest(.framing)) }
            return .success(feed - 1)
        }
        guard let length = try length.get(), let line = input.readSlice(length: length) else { return nil }
        input.moveReaderIndex(forwardBy: 2)
        return line
    }

    /// `1*HEXDIG`, then nothing or extensions, which begin with a semicolon and hold no control character.
    private static func chunkSize(_ line: ByteBuffer) -> Int? {
        line.withUnsafeReadableBytes { bytes in
            var size = 0
            var digits = 0
            for byte in bytes {
                guard let digit = JSONText.hexDigit(byte) else { break }
                guard size <= Int.max >> 4 else { return nil }
                size = size << 4 | Int(digit)
                digits += 1
            }
            let rest = UnsafeRawBufferPointer(rebasing: bytes[digits...])
            let extensions = rest.drop { $0 == 0x20 || $0 == 0x09 }
            guard digits > 0, extensions.isEmpty ? rest.isEmpty : extensions.first == 0x3B else { return nil }
            return FieldLine.isClean(rest) ? size : nil
        }
    }
}
