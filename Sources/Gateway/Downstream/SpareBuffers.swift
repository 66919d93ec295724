import NIOCore

/// The buffers that answers gather in, used again by all connections of an event loop: most are written
/// whole, and let go of, before the next batch of answers.
final class SpareBuffers {
    private static let capacity = 1024
    /// What has grown beyond is given back.
    private static let largest = 8 * 1024
    /// More are not kept. A larger batch of answers has the rest allocated.
    private static let most = 32

    private var spares: [ByteBuffer] = []

    /// An empty one. Where the last is still being written, it is a new one.
    func take() -> ByteBuffer {
        var taken = spares.popLast() ?? ByteBuffer()
        taken.clear(minimumCapacity: Self.capacity)
        return taken
    }

    func put(_ bytes: ByteBuffer) {
        guard spares.count < Self.most, (1...Self.largest).contains(bytes.storageCapacity) else { return }
        spares.append(bytes)
    }
}
