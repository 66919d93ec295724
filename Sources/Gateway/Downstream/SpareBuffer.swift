import NIOCore

/// The buffer that answers gather in, used again by all connections of an event loop: most are written whole,
/// and let go of, before the next one begins.
final class SpareBuffer {
    private static let capacity = 1024
    /// What has grown beyond is given back.
    private static let largest = 8 * 1024

    private var spare = ByteBuffer()

    /// An empty one. Where the last is still being written, it is a new one.
    func take() -> ByteBuffer {
        var taken = ByteBuffer()
        swap(&taken, &spare)
        taken.clear(minimumCapacity: Self.capacity)
        return taken
    }

    func put(_ bytes: ByteBuffer) {
        if bytes.storageCapacity <= Self.largest { spare = bytes }
    }
}
