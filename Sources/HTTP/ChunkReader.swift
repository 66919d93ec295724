import Domain
import Glibc
package import NIOCore

/// Takes a chunked body (RFC 9112 7.1) off the bytes of a connection, strictly: the data of its chunks and
/// where it ends.
///
/// A size is `1*HEXDIG`; extensions are ignored, within a bound and without control characters; trailers are
/// checked like fields and dropped. Nothing after the end is consumed. A fault stays: every later call throws
/// it.
package struct ChunkReader: Sendable {
    package enum Part: Sendable {
        /// Never empty.
        case data(ByteBuffer)
        /// Comes once, last.
        case end
    }

    private enum State {
        case size
        case data(left: Int)
        case dataEnd
        case trailers(read: Int)
        /// The end was read, but not yet returned.
        case atEnd
        case ended
        case failed(ChunkFault)
    }

    private enum Step {
        /// Offsets of bytes of data, never empty.
        case data(Range<Int>)
        case end
        case fault(ChunkFault)
        /// More bytes are needed.
        case wait
    }

    /// Bytes of a chunk's size with its extensions, without the CRLF.
    private static let sizeLineLimit = 256
    /// Bytes of all trailers.
    private static let trailerLimit = 8 * 1024

    private var state = State.size

    package init() {}

    /// The data of one chunk, as far as it is there: a slice of `input`, without a copy.
    ///
    /// - Returns: nil if more bytes are needed, and after the end.
    package mutating func next(from input: inout ByteBuffer) throws(ChunkFault) -> Part? {
        var position = 0
        let step = unsafe input.withUnsafeReadableBytes { unsafe self.step($0, &position) }
        return try take(step, upTo: position, from: &input)
    }

    /// The data of all chunks that are there, as one slice of `input`.
    ///
    /// Data of more than one chunk is moved together inside the memory of `input`; if that memory is shared
    /// with another buffer, `input` gets a copy of it first. A fault after some data comes with the next
    /// call.
    ///
    /// - Returns: nil if more bytes are needed, and after the end.
    package mutating func nextGathered(from input: inout ByteBuffer) throws(ChunkFault) -> Part? {
        var position = 0
        var following: Range<Int>?
        var step = unsafe input.withUnsafeReadableBytes { bytes in
            let step = unsafe self.step(bytes, &position)
            if case .data = step, case .data(let next) = unsafe self.step(bytes, &position) {
                following = next
            }
            return step
        }
        if case .data(let first) = step, let following {
            step = unsafe input.withUnsafeMutableReadableBytes { bytes in
                .data(unsafe gather(first, following, in: bytes, &position))
            }
        }
        return try take(step, upTo: position, from: &input)
    }

    /// Moves `following` and all data after it to the end of `first`.
    private mutating func gather(
        _ first: Range<Int>, _ following: Range<Int>, in bytes: UnsafeMutableRawBufferPointer,
        _ position: inout Int
    ) -> Range<Int> {
        var end = first.upperBound
        var following = following
        while true {
            unsafe UnsafeMutableRawBufferPointer(rebasing: bytes[end..<end + following.count])
                .copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[following]))
            end += following.count
            guard case .data(let next) = unsafe step(UnsafeRawBufferPointer(bytes), &position) else { break }
            following = next
        }
        return first.lowerBound..<end
    }

    /// Consumes `input` up to `position`, an offset into its readable bytes.
    private mutating func take(
        _ step: Step, upTo position: Int, from input: inout ByteBuffer
    ) throws(ChunkFault) -> Part? {
        guard case .data(let range) = step else {
            input.moveReaderIndex(forwardBy: position)
            switch step {
            case .fault(let fault): throw fault
            case .end:
                state = .ended
                return .end
            case .data, .wait: return nil
            }
        }
        input.moveReaderIndex(forwardBy: range.lowerBound)
        let data = input.readSlice(length: range.count)
        input.moveReaderIndex(forwardBy: position - range.upperBound)
        return data.map(Part.data)
    }

    // MARK: - Bytes

    /// Reads on from `position`, and moves it after what was read.
    private mutating func step(_ bytes: UnsafeRawBufferPointer, _ position: inout Int) -> Step {
        do throws(ChunkFault) {
            while true {
                switch state {
                case .size:
                    guard
                        let line = try unsafe Self.line(
                            bytes, &position, limit: Self.sizeLineLimit, .sizeLineEnd)
                    else { return .wait }
                    let size = try unsafe Self.size(UnsafeRawBufferPointer(rebasing: bytes[line]))
                    state = size == 0 ? .trailers(read: 0) : .data(left: size)
                case .data(let left):
                    let count = min(left, bytes.count - position)
                    guard count > 0 else { return .wait }
                    state = count == left ? .dataEnd : .data(left: left - count)
                    position += count
                    return .data(position - count..<position)
                case .dataEnd:
                    guard try unsafe Self.line(bytes, &position, limit: 0, .dataEnd) != nil else {
                        return .wait
                    }
                    state = .size
                case .trailers(let read):
                    let limit = Self.trailerLimit - read
                    guard let line = try unsafe Self.line(bytes, &position, limit: limit, .trailerEnd) else {
                        return .wait
                    }
                    if line.isEmpty {
                        state = .atEnd
                        return .end
                    }
                    guard unsafe FieldLine(bytes, line) != nil else { throw .trailer }
                    state = .trailers(read: min(read + line.count + 2, Self.trailerLimit))
                case .atEnd: return .end
                case .ended: return .wait
                case .failed(let fault): return .fault(fault)
                }
            }
        } catch {
            state = .failed(error)
            return .fault(error)
        }
    }

    /// The next line without its CRLF, of at most `limit` bytes; nil if its end is not there yet.
    private static func line(
        _ bytes: UnsafeRawBufferPointer, _ position: inout Int, limit: Int, _ fault: ChunkFault
    ) throws(ChunkFault) -> Range<Int>? {
        let start = position
        let left = bytes.count - start
        guard let base = bytes.baseAddress, left > 0,
            let found = unsafe memchr(base + start, 0x0A, min(left, limit + 2))
        else {
            guard left < limit + 2 else { throw fault }
            return nil
        }
        let feed = unsafe UnsafeRawPointer(found) - base
        guard feed > start, unsafe bytes[feed - 1] == 0x0D else { throw fault }
        position = feed + 1
        return start..<feed - 1
    }

    /// `1*HEXDIG`, then nothing or extensions, which begin with a semicolon and hold no control character.
    private static func size(_ line: UnsafeRawBufferPointer) throws(ChunkFault) -> Int {
        var size = 0
        var digits = 0
        while digits < line.count, let digit = unsafe JSONText.hexDigit(line[digits]) {
            guard size <= Int.max >> 4 else { throw .size }
            size = size << 4 | Int(digit)
            digits += 1
        }
        guard digits > 0 else { throw .size }
        let rest = unsafe UnsafeRawBufferPointer(rebasing: line[digits...])
        guard rest.count > 0 else { return size }
        guard unsafe rest.first(where: { !FieldLine.isSpace($0) }) == 0x3B, unsafe FieldLine.isClean(rest)
        else { throw .size }
        return size
    }
}
