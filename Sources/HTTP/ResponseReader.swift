package import NIOCore

/// Takes one response off the bytes of a connection to an upstream, strictly (RFC 9112): its head, its body,
/// and where it ends.
///
/// ```
///        interim heads, dropped
///             ┌──┐
/// ─▶ head ────┴──┴─▶ length │ chunked ──▶ ended
///      │                untilClose ──▶ ended by the connection
///      └─▶ failed ◀─────────┘
/// ```
///
/// Nothing after the end is consumed: whatever is left in the input then belongs to no request, and the
/// connection must be closed. A fault stays: every later call throws it.
package struct ResponseReader: Sendable {
    package enum Piece: Sendable {
        /// Once, first. It shares the memory of the input while it is kept.
        case head(ResponseHead)
        /// Never empty: a slice of the input. All chunks that are there come as one.
        case body(ByteBuffer)
        /// Once, last.
        case end
    }

    private enum State {
        case head
        case length(left: Int)
        case chunked
        case untilClose
        case ended
        case failed(ResponseFault)
    }

    private var heads: ResponseHeadReader
    private var chunks = ChunkReader()
    private var state = State.head
    private var mayServeAnother = false

    /// The head was returned.
    package private(set) var hasHead = false

    /// - Parameters:
    ///   - isHead: The request was HEAD, so that there is no body.
    package init(toHead isHead: Bool) { heads = ResponseHeadReader(isToHead: isHead) }

    /// Bytes of the final head have come. Those of an interim head count only while its status is not known.
    package var hasBegun: Bool { hasHead || heads.hasBegun }

    /// All of the response was returned, ``Piece/end`` with it, or the end of the connection was its end.
    package var isComplete: Bool {
        if case .ended = state { true } else { false }
    }

    /// The response is complete, its own framing said so, and both sides keep the connection open: it may
    /// serve another request if the input is empty.
    package var isReusable: Bool { isComplete && mayServeAnother }

    /// The next piece; nil if more bytes are needed, and after the end.
    ///
    /// Data that came before a fault is returned first.
    package mutating func next(from input: inout ByteBuffer) throws(ResponseFault) -> Piece? {
        do throws(ResponseFault) {
            return try read(&input)
        } catch {
            state = .failed(error)
            throw error
        }
    }

    /// Notes that the connection has ended, after all its bytes were read with ``next(from:)``.
    ///
    /// - Returns: nil if the response is complete, what is missing if it is not.
    package mutating func inputEnded() -> ResponseFault? {
        let fault: ResponseFault
        switch state {
        case .ended: return nil
        case .untilClose:
            state = .ended
            return nil
        case .failed(let earlier): return earlier
        case .head: fault = heads.hasBegun ? .endedInHead : .endedBeforeHead
        case .length, .chunked: fault = .endedInBody
        }
        state = .failed(fault)
        return fault
    }

    private mutating func read(_ input: inout ByteBuffer) throws(ResponseFault) -> Piece? {
        switch state {
        case .head:
            guard let head = try heads.next(from: &input) else { return nil }
            begin(head)
            return .head(head)
        case .length(left: 0):
            state = .ended
            return .end
        case .length(let left):
            let count = min(left, input.readableBytes)
            guard count > 0, let bytes = input.readSlice(length: count) else { return nil }
            state = .length(left: left - count)
            return .body(bytes)
        case .chunked:
            return try readChunks(&input)
        case .untilClose:
            let count = input.readableBytes
            guard count > 0, let bytes = input.readSlice(length: count) else { return nil }
            return .body(bytes)
        case .ended: return nil
        case .failed(let fault): throw fault
        }
    }

    private mutating func readChunks(_ input: inout ByteBuffer) throws(ResponseFault) -> Piece? {
        do throws(ChunkFault) {
            switch try chunks.nextGathered(from: &input) {
            case .data(let bytes): return .body(bytes)
            case .end:
                state = .ended
                return .end
            case nil: return nil
            }
        } catch {
            throw .chunk(error)
        }
    }

    private mutating func begin(_ head: ResponseHead) {
        hasHead = true
        mayServeAnother = head.keepsAlive && !head.endsWithConnection && !heads.forbidsReuse
        switch head.framing {
        case .none: state = .length(left: 0)
        case .length(let length): state = .length(left: length)
        case .chunked: state = .chunked
        case .untilClose: state = .untilClose
        }
    }
}
