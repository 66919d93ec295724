import Domain
import NIOCore

/// The answer to a client that speaks HTTP/2 without having asked (RFC 9113 3.3): one that its own tool can
/// show.
///
/// A client of HTTP/2 takes an HTTP/1.1 answer for a broken frame, and reports an empty reply or a protocol
/// error. So it gets frames, whatever it sent after its preface: our SETTINGS, and on stream 1, where the
/// first request of a client is, a response like any other. The end of the connection follows, without a
/// GOAWAY: after one, curl gives up a request whose body it is still sending, and fails although it has the
/// whole response.
enum HTTP2Refusal {
    private static let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)

    private enum FrameType: UInt8 {
        case data = 0
        case headers = 1
        case settings = 4
    }

    private static let endStream: UInt8 = 1
    private static let endHeaders: UInt8 = 4
    private static let firstStream: UInt32 = 1

    /// Whether the client of these first bytes reads frames: true once the preface is there with the SETTINGS
    /// that must follow it, false where something else comes (someone typed it), nil while more bytes are
    /// needed.
    static func readsFrames(_ input: ByteBuffer) -> Bool? {
        let bytes = input.readableBytesView
        guard bytes.starts(with: preface.prefix(bytes.count)) else { return false }
        // The type of a frame follows its length of three bytes.
        guard let type = bytes.dropFirst(preface.count + 3).first else { return nil }
        return type == FrameType.settings.rawValue
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
