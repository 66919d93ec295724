import Domain
import Foundation
import NIOCore
import Testing

@testable import Gateway

/// What a client of HTTP/2 is answered.
struct HTTP2RefusalTests {
    private static let preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
    private static let settings: [UInt8] = [0, 0, 0, 4, 0, 0, 0, 0, 0]

    @Test func `a client that sends frames reads frames, and one that typed the preface a text`() {
        let whole = Array(Self.preface.utf8) + Self.settings
        #expect(HTTP2Refusal.readsFrames(ByteBuffer(bytes: whole)) == true)
        for text in [
            Self.preface + "GET / HTTP/1.1\r\n", "PRI * HTTP/2.0\r\nHost: a\r\nA: b\r\n\r\n",
            "PRI * HTTP/2.0\r\nH",
        ] {
            #expect(HTTP2Refusal.readsFrames(ByteBuffer(string: text)) == false)
        }
    }

    @Test func `while the beginning could be either, it is neither`() {
        let whole = Array(Self.preface.utf8) + Self.settings
        for count in 0..<28 {
            #expect(HTTP2Refusal.readsFrames(ByteBuffer(bytes: whole.prefix(count))) == nil, "\(count)")
        }
        #expect(HTTP2Refusal.readsFrames(ByteBuffer(bytes: whole.prefix(28))) == true)
    }

    @Test func `it is an answer on the first stream, and the end of the connection`() {
        let error = Rejection.malformedRequest(.http2).apiError
        var output = ByteBuffer()
        HTTP2Refusal.write(error, fields: [("content-type", "application/json")], to: &output)

        var frames: [(type: UInt8, flags: UInt8, stream: UInt32, payload: ByteBuffer)] = []
        while output.readableBytes > 0 {
            guard let high = output.readInteger(as: UInt8.self),
                let low = output.readInteger(as: UInt16.self),
                let type = output.readInteger(as: UInt8.self),
                let flags = output.readInteger(as: UInt8.self),
                let stream = output.readInteger(as: UInt32.self),
                let payload = output.readSlice(length: Int(high) << 16 | Int(low))
            else {
                Issue.record("a frame is cut off")
                return
            }
            frames.append((type, flags, stream, payload))
        }

        #expect(frames.map(\.type) == [4, 1, 0])
        #expect(frames.map(\.stream) == [0, 1, 1])
        // END_HEADERS on the one, END_STREAM on the other.
        #expect(frames.map(\.flags) == [0, 4, 1])
        #expect(
            String(buffer: frames[1].payload)
                == "\0\u{7}:status\u{3}400\0\u{C}content-type\u{10}application/json")
        #expect(Array(buffer: frames[2].payload) == error.body)
    }
}
