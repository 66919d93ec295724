/// The name of one exchange, in every answer (`x-latchkey-request-id`) and every line of the access log.
///
/// 16 base62 digits: 6 drawn at the process's start, 10 counted, so that it is unique without a lock or a
/// random draw.
package struct RequestID: Hashable, Sendable, CustomStringConvertible {
    package let process: UInt64
    package let sequence: UInt64

    package init(process: UInt64, sequence: UInt64) {
        self.process = process
        self.sequence = sequence
    }

    /// How long the text is.
    package static let length = 16

    package var description: String {
        String(unsafeUninitializedCapacity: Self.length) { buffer in
            guard let start = buffer.baseAddress else { return 0 }
            write(to: start)
            return Self.length
        }
    }

    /// Writes the text to ``length`` bytes of memory.
    package func write(to start: UnsafeMutablePointer<UInt8>) {
        Self.write(process, to: start, at: 0..<6)
        Self.write(sequence, to: start, at: 6..<Self.length)
    }

    private static func write(_ value: UInt64, to start: UnsafeMutablePointer<UInt8>, at range: Range<Int>) {
        var rest = value
        for index in range.reversed() {
            // Most of a counter's digits.
            guard rest > 0 else {
                start[index] = 0x30
                continue
            }
            let digit = UInt8(truncatingIfNeeded: rest % 62)
            start[index] = digit &+ (digit < 10 ? 0x30 : digit < 36 ? 0x41 - 10 : 0x61 - 36)
            rest /= 62
        }
    }
}
