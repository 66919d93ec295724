import Domain
import NIOCore
import Upstream

/// An upstream's list of models on its way to a client whose access token is granted some of them: held until it is whole,
/// for nothing of it may pass before it is known for JSON.
struct ModelList {
    /// In bytes; a longer list is not relayed at all. The longest there are have some hundred thousand.
    static let limit = 4 << 20

    private let filter: ModelListFilter
    /// The answer's head, once the answer is held.
    private(set) var head: UpstreamHead?
    private var bytes = ByteBuffer()
    /// What the client is sent is not what the upstream has sent. Of a HEAD that is not known.
    private(set) var isChanged: Bool

    init(_ patterns: [ModelPattern], isHead: Bool) {
        filter = ModelListFilter(patterns: patterns)
        isChanged = isHead
    }

    mutating func begin(_ head: UpstreamHead) { self.head = head }

    /// False where the list is too long.
    mutating func take(_ piece: ByteBuffer) -> Bool {
        guard bytes.readableBytes + piece.readableBytes <= Self.limit else { return false }
        if bytes.readableBytes == 0 { bytes = piece } else { bytes.writeImmutableBuffer(piece) }
        return true
    }

    /// What of it the client may see; nil where it is no list.
    mutating func finish() -> ByteBuffer? {
        let ranges = bytes.withUnsafeReadableBytes { list in
            Result { () throws(Rejection) in try filter.kept(of: list) }
        }
        guard case .success(let kept) = ranges else { return nil }
        guard kept != [0..<bytes.readableBytes] else { return bytes }
        isChanged = true
        var rest = ByteBufferAllocator().buffer(capacity: kept.reduce(0) { $0 + $1.count })
        bytes.withUnsafeReadableBytes { list in
            for range in kept { _ = rest.writeBytes(UnsafeRawBufferPointer(rebasing: list[range])) }
        }
        return rest
    }
}
