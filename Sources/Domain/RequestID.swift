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

    package var description: String {
        String(unsafeUninitializedCapacity: 16) { buffer in
            Self.write(process, to: buffer, at: 0..<6)
            Self.write(sequence, to: buffer, at: 6..<16)
            return 16
        }
    }

    private static func write(
        _ value: UInt64, to buffer: UnsafeMutableBufferPointer<UInt8>, at range: Range<Int>
    ) {
        var rest = value
        for index in range.reversed() {
            let digit = UInt8(rest % 62)
            buffer[index] = digit < 10 ? 0x30 + digit : digit < 36 ? 0x41 + digit - 10 : 0x61 + digit - 36
            rest /= 62
        }
    }
}
