import Domain
import NIOCore
import Testing

@testable import Gateway

/// Where a request's body ends.
struct BodyReaderTests {
    /// The body, what is left behind it, and whether its end was seen; fed in pieces of `size`.
    private func read(
        _ framing: RequestHead.Framing, _ text: String, pieces size: Int = .max
    ) throws(Rejection) -> (body: String, rest: String, ended: Bool) {
        var reader = BodyReader(framing)
        var input = ByteBuffer()
        var body = ""
        var ended = false
        var left = Array(text.utf8)[...]
        repeat {
            input.writeBytes(left.prefix(size))
            left = left.dropFirst(size)
            loop: while let piece = try reader.next(from: &input) {
                switch piece {
                case .bytes(let bytes): body += String(buffer: bytes)
                case .end: ended = true
                }
            }
        } while !left.isEmpty
        return (body, String(buffer: input), ended)
    }

    @Test(arguments: [1, 2, 3, 7, .max])
    func `a body ends where it says, however it comes`(pieces: Int) throws {
        let length = try read(.length(5), "helloGET", pieces: pieces)
        #expect(length == ("hello", "GET", true))
        #expect(try read(.length(5), "hell", pieces: pieces) == ("hell", "", false))
        #expect(try read(.none, "GET", pieces: pieces) == ("", "GET", true))
        let chunked = "5\r\nhello\r\n00A ; x=\"y\"\r\n0123456789\r\n0\r\nX-Trailer: a\r\n\r\nGET"
        #expect(try read(.chunked, chunked, pieces: pieces) == ("hello0123456789", "GET", true))
        #expect(try read(.chunked, "0\r\n\r\n", pieces: pieces) == ("", "", true))
        #expect(try read(.chunked, "5\r\nhello\r\n", pieces: pieces).ended == false)
    }

    @Test(arguments: [
        "\r\n", "x\r\n", "5\nhello\r\n", "5\r\nhello0\r\n\r\n", "5\r\nhello\n0\r\n\r\n", "-5\r\nhello\r\n",
        " 5\r\nhello\r\n", "5 \r\nhello\r\n", "0x5\r\nhello\r\n", "5,\r\nhello\r\n", "5;a\u{0}\r\nhello\r\n",
        "5;a\rb\r\nhello\r\n", "10000000000000000\r\n", "FFFFFFFFFFFFFFFF\r\n",
        "0\r\nbad trailer\r\n\r\n", "0\r\nX: a\n\r\n", "0\r\n X: a\r\n\r\n", "0\r\n: a\r\n\r\n",
    ])
    func `chunks that are not formed to the letter are refused`(text: String) {
        for pieces in [1, 4, .max] {
            #expect(throws: Rejection.malformedRequest(.framing)) { try read(.chunked, text, pieces: pieces) }
        }
    }

    @Test func `chunk extensions and trailers are bounded`() throws {
        let long = String(repeating: "x", count: 10_000)
        #expect(try read(.chunked, "5;\(long.prefix(254))\r\nhello\r\n0\r\n\r\n").ended)
        #expect(throws: Rejection.malformedRequest(.framing)) { try read(.chunked, "5;\(long)") }
        #expect(throws: Rejection.malformedRequest(.framing)) { try read(.chunked, "0\r\nX: \(long)") }
        let trailers = String(repeating: "X: y\r\n", count: 2000)
        #expect(throws: Rejection.malformedRequest(.framing)) { try read(.chunked, "0\r\n\(trailers)\r\n") }
    }
}
