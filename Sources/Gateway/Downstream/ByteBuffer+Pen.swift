import Domain
import NIOCore

/// A head is some dozens of small texts: a pen writes them with one look at the buffer for all.
extension ByteBuffer {
    /// Appends what the pen writes, `longest` bytes at most.
    mutating func write<Result>(atMost longest: Int, _ body: (inout Pen) -> Result) -> Result {
        var result: Result?
        writeWithUnsafeMutableBytes(minimumWritableBytes: max(longest, 1)) { bytes in
            var pen = Pen(bytes.bindMemory(to: UInt8.self))
            result = body(&pen)
            return pen.count
        }
        guard let result else { preconditionFailure("the buffer did not ask for its bytes") }
        return result
    }
}
