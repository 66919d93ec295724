import Domain
import NIOCore

/// The answer to a client that speaks HTTP/2 without having asked (RFC 9113 3.3): one that its own tool can show.
///
/// A client of HTTP/2 takes an HTTP/1.1 answer for a broken frame, and reports an empty reply or a protocol error.
/// So it gets frames, whatever it sent behind its preface: our SETTINGS; on stream 1, where the first request of a
/// client is, an answer like any other; and GOAWAY with HTTP_1_1_REQUIRED, whose text a packet capture shows too.
enum HTTP2Refusal {
    private static let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)

    private enum FrameType: UInt8 {
        case data = 0
        case headers = 1
        case settings = 4
        case goAway = 7
    }

    private static let endStream: UInt8 = 1
    private static let endHeaders: UInt8 = 4
    private static let firstStream: UInt32 = 1
    private static let http11Required: UInt32 = 13

    /// The preface is there with the SETTINGS that have to follow it: this is no one who typed it.
    static func reads(_ input: ByteBuffer) -> Bool {
        let typeOffset = preface.count + 3
        let bytes = input.readableBytesView
        return bytes.count > typeOffset && bytes.starts(with: preface)
            && bytes[bytes.startIndex + typeOffset] == FrameType.settings.rawValue
    }

    /// - Parameter fields: names are lower-case; each name and value is shorter than 127 bytes.
    static func write(_ error: APIError, fields: [(String, String)], to output: inout ByteBuffer) {
        frame(.settings, stream: 0, to: &output) { _ in }
        frame(.headers, flags: endHeaders, stream: firstStream, to: &output) { payload in
            for (name, value) in [(":status", "\(error.status)")] + fields {
                // A literal without indexing and without Huffman coding (RFC 7541 6.2.2).
                payload.writeInteger(UInt8(0))
                for text in [name, value] {
                    payload.writeInteger(UInt8(text.utf8.count))
                    payload.writeString(text)
                }
            }
        }
        frame(.data, flags: endStream, stream: firstStream, to: &output) { $0.writeBytes(error.body) }
        frame(.goAway, stream: 0, to: &output) { payload in
            payload.writeInteger(firstStream)
            payload.writeInteger(http11Required)
            payload.writeString(error.message)
        }
    }

    /// RFC 9113 4.1.
    private static func frame(
        _ type: FrameType, flags: UInt8 = 0, stream: UInt32, to output: inout ByteBuffer,
        _ write: (inout ByteBuffer) -> Void
    ) {
        var payload = ByteBuffer()
        write(&payload)
        let length = UInt32(payload.readableBytes)
        output.writeInteger(UInt8(truncatingIfNeeded: length >> 16))
        output.writeInteger(UInt16(truncatingIfNeeded: length))
        output.writeInteger(type.rawValue)
        output.writeInteger(flags)
        output.writeInteger(stream)
        output.writeBuffer(&payload)
    }
}
