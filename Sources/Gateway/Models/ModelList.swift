import Domain
import HTTP
import NIOCore

/// An upstream's list of models on its way to a client whose access token is granted some of them: held until
/// it is whole, for nothing of it may pass before it is known for JSON.
struct ModelList {
    /// In bytes; a longer list is not relayed at all. The longest there are have some hundred thousand.
    static let limit = 4 << 20

    /// Fields of a request by which an upstream may answer with less than its list, in lower case: a range of
    /// its bytes says nothing about what is in them, and a client's copy may be of other grants.
    static let conditions = ["range", "if-range", "if-none-match", "if-modified-since"]

    private let filter: ModelListFilter
    /// The answer's head, once the answer is held.
    private(set) var head: ResponseHead?
    private var bytes = ByteBuffer()
    /// What the client is sent is not what the upstream has sent. Of a HEAD that is not known.
    private(set) var isChanged: Bool

    init(_ patterns: [ModelPattern], isHead: Bool) {
        filter = ModelListFilter(patterns: patterns)
        isChanged = isHead
    }

    mutating func begin(_ head: ResponseHead) { self.head = head }

    /// False where the list is too long.
    mutating func take(_ piece: ByteBuffer) -> Bool {
        guard bytes.readableBytes + piece.readableBytes <= Self.limit else { return false }
        if bytes.readableBytes == 0 { bytes = piece } else { bytes.writeImmutableBuffer(piece) }
        return true
    }

    /// What of it the client may see, in the memory that holds the list; nil where it is no list, or a part
    /// of one.
    mutating func finish() -> ByteBuffer? {
        guard head?.status != 206 else { return nil }
        let ranges = bytes.withUnsafeReadableBytes { list in
            Result { () throws(Rejection) in try filter.kept(of: list) }
        }
        guard case .success(let kept) = ranges else { return nil }
        guard kept != [0..<bytes.readableBytes] else { return bytes }
        isChanged = true
        let count = bytes.withUnsafeMutableReadableBytes { list in
            kept.reduce(0) { end, range in
                UnsafeMutableRawBufferPointer(rebasing: list[end...])
                    .copyMemory(from: UnsafeRawBufferPointer(rebasing: list[range]))
                return end + range.count
            }
        }
        bytes.moveWriterIndex(to: bytes.readerIndex + count)
        return bytes
    }
}
