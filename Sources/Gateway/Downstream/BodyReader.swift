import Domain
import HTTP
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
        case chunked
        case ended
    }

    private var state: State
    private var chunks = ChunkReader()

    init(_ framing: RequestHead.Framing) {
        switch framing {
        case .none: state = .bytes(left: 0)
        case .length(let length): state = .bytes(left: length)
        case .chunked: state = .chunked
        }
    }

    /// The next piece; nil while its bytes are not there.
    mutating func next(from input: inout ByteBuffer) throws(Rejection) -> Piece? {
        switch state {
        case .ended: return nil
        case .bytes(left: 0):
            state = .ended
            return .end
        case .bytes(let left):
            let count = min(left, input.readableBytes)
            guard count > 0, let bytes = input.readSlice(length: count) else { return nil }
            state = .bytes(left: left - count)
            return .bytes(bytes)
        case .chunked:
            do throws(ChunkFault) {
                switch try chunks.next(from: &input) {
                case .data(let bytes): return .bytes(bytes)
                case .end: return .end
                case nil: return nil
                }
            } catch {
                throw .malformedRequest(.framing)
            }
        }
    }
}
