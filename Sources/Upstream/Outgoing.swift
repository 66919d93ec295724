import CCurl
import NIOCore

/// What of a request is still to be sent: its head, the credential that ends it, and what there is of its
/// body. The bytes stand where they were given, and are let go of as they leave.
@safe
struct Outgoing {
    private var head: ByteBuffer
    private var credential: CredentialLines?
    /// Of the credential, which is never copied.
    private var sentOfCredential = 0
    private var body: ByteBuffer
    private var pieces = Outgoing.noPieces
    /// The upload ends with an empty chunk.
    private let isChunked: Bool
    /// Bytes of `body` and `pieces`.
    private(set) var bodyBytes: Int

    /// Shared by all that stream nothing: an empty CircularBuffer is an allocation.
    private static let noPieces = CircularBuffer<ByteBuffer>()
    /// How many parts one write has at most.
    static let partLimit = 8

    init(_ request: inout UpstreamRequest) {
        credential = request.target.credential
        request.head.end(request.body, request.method, isWhole: credential == nil)
        head = request.head.bytes
        switch request.body {
        case .held(let bytes): (body, isChunked) = (bytes, false)
        case .streamed(nil): (body, isChunked) = (ByteBuffer(), true)
        default: (body, isChunked) = (ByteBuffer(), false)
        }
        bodyBytes = body.readableBytes
    }

    var isEmpty: Bool { head.readableBytes == 0 && credential == nil && bodyBytes == 0 }

    mutating func add(_ piece: ByteBuffer) {
        guard isChunked else { return append(piece) }
        append(ByteBuffer(string: String(piece.readableBytes, radix: 16) + "\r\n"))
        append(piece)
        append(ByteBuffer(staticString: "\r\n"))
    }

    mutating func endUpload() {
        if isChunked { append(ByteBuffer(staticString: "0\r\n\r\n")) }
    }

    private mutating func append(_ piece: ByteBuffer) {
        pieces.append(piece)
        bodyBytes += piece.readableBytes
    }

    /// Nobody reads it any more.
    mutating func drop() {
        head = ByteBuffer()
        credential = nil
        body = ByteBuffer()
        pieces = Self.noPieces
        bodyBytes = 0
    }

    /// Points `parts` at what comes next, and returns how many it needs. They stay valid until
    /// ``didSend(_:)``.
    func point(_ parts: UnsafeMutableBufferPointer<iovec>) -> Int {
        var count = 0
        func add(_ bytes: UnsafeRawBufferPointer) {
            guard bytes.count > 0, count < parts.count else { return }
            unsafe parts[count] = unsafe iovec(
                iov_base: UnsafeMutableRawPointer(mutating: bytes.baseAddress), iov_len: bytes.count)
            count += 1
        }
        unsafe head.withUnsafeReadableBytes { unsafe add($0) }
        if let credential {
            unsafe add(UnsafeRawBufferPointer(rebasing: credential.bytes[sentOfCredential...]))
        }
        unsafe body.withUnsafeReadableBytes { unsafe add($0) }
        for piece in pieces {
            guard count < parts.count else { break }
            unsafe piece.withUnsafeReadableBytes { unsafe add($0) }
        }
        return count
    }

    /// So many of the bytes that ``point(_:)`` pointed at have left. Returns the head's buffer when it is
    /// done with.
    mutating func didSend(_ count: Int) -> ByteBuffer? {
        var rest = count
        var done: ByteBuffer?
        if head.readableBytes > 0 { done = Self.take(&rest, from: &head) }
        if rest > 0, let length = credential?.length {
            let sent = min(rest, length - sentOfCredential)
            sentOfCredential += sent
            rest -= sent
            if sentOfCredential == length { credential = nil }
        }
        bodyBytes -= rest
        if body.readableBytes > 0 { _ = Self.take(&rest, from: &body) }
        while rest > 0, !pieces.isEmpty {
            if Self.take(&rest, from: &pieces[pieces.startIndex]) != nil { pieces.removeFirst() }
        }
        return done
    }

    /// Returns the buffer, which is let go of, where all of it has left.
    private static func take(_ count: inout Int, from buffer: inout ByteBuffer) -> ByteBuffer? {
        let sent = min(count, buffer.readableBytes)
        buffer.moveReaderIndex(forwardBy: sent)
        count -= sent
        guard buffer.readableBytes == 0 else { return nil }
        defer { buffer = ByteBuffer() }
        return buffer
    }
}
