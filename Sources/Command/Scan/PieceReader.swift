import Foundation

/// Reads a descriptor to its end, piece by piece into one buffer.
struct PieceReader {
    private static let pieceSize = 1 << 18

    let descriptor: Int32

    /// Throws the `errno` of a read that failed.
    func read(_ take: (UnsafeRawBufferPointer) -> Void) throws(ReadFailure) {
        var buffer = [UInt8](repeating: 0, count: Self.pieceSize)
        while true {
            let count = buffer.withUnsafeMutableBytes { buffer in
                Foundation.read(descriptor, buffer.baseAddress, buffer.count)
            }
            if count == 0 { return }
            if count < 0 {
                guard errno == EINTR else { throw ReadFailure(code: errno) }
                continue
            }
            buffer.withUnsafeBytes { take(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
        }
    }
}

/// A value of `errno`.
struct ReadFailure: Error {
    let code: Int32
    var reason: String { String(cString: strerror(code)).lowercased() }
}
