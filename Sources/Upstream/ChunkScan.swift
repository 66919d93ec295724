/// Where an answer's chunks end (RFC 9112 7.1), seen in the raw bytes of its body.
///
/// It reads along with libcurl, which takes the framing off and refuses what is malformed: what passes here
/// must end where it ends there, and after an error nobody asks.
struct ChunkScan {
    private enum State {
        case size, extensions, data, dataEnd, trailer, trailerLine, lastLineFeed, end, malformed
    }

    private var state = State.size
    /// Of the chunk being read.
    private var missing = 0

    /// The last chunk and the trailers behind it have passed.
    var isAtEnd: Bool { state == .end }

    mutating func take(_ bytes: UnsafeRawBufferPointer) {
        var index = 0
        while index < bytes.count {
            if state == .data {
                let length = min(missing, bytes.count - index)
                missing -= length
                index += length
                if missing == 0 { state = .dataEnd }
            } else {
                unsafe take(bytes[index])
                index += 1
            }
        }
    }

    private mutating func take(_ byte: UInt8) {
        let isLineFeed = byte == 0x0A
        switch state {
        case .size:
            if let digit = Self.digit(byte) {
                guard missing <= Int.max >> 4 else { return state = .malformed }
                missing = missing << 4 | digit
            } else {
                state = .extensions
                take(byte)
            }
        case .extensions:
            if isLineFeed { state = missing == 0 ? .trailer : .data }
        case .dataEnd:
            if isLineFeed { state = .size }
        case .trailer:
            if isLineFeed { state = .end } else { state = byte == 0x0D ? .lastLineFeed : .trailerLine }
        case .trailerLine:
            if isLineFeed { state = .trailer }
        case .lastLineFeed:
            state = isLineFeed ? .end : .malformed
        case .data, .end, .malformed:
            break
        }
    }

    private static func digit(_ byte: UInt8) -> Int? {
        switch byte {
        case 0x30...0x39: Int(byte) - 0x30
        case 0x41...0x46: Int(byte) - 0x41 + 10
        case 0x61...0x66: Int(byte) - 0x61 + 10
        default: nil
        }
    }
}
