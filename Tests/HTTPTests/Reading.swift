import HTTP
import HTTPSamples
import NIOCore

/// What a reader makes of a connection's bytes, which come in parts, and of the end of the connection after
/// them.
struct Reading: Equatable {
    var head: [UInt8]?
    var status: Int?
    var framing: ResponseHead.Framing?
    var body: [UInt8] = []
    var hasEnded = false
    var fault: ResponseFault?
    var isReusable = false
    /// What is left in the input; empty after a fault.
    var rest: [UInt8] = []

    init(_ parts: [ArraySlice<UInt8>], toHead isHead: Bool) {
        var reader = ResponseReader(toHead: isHead)
        var input = ByteBuffer()
        do throws(ResponseFault) {
            for part in parts {
                input.writeBytes(part)
                while let piece = try reader.next(from: &input) { take(piece) }
            }
            rest = Array(input.readableBytesView)
            fault = reader.inputEnded()
            isReusable = reader.isReusable && rest.isEmpty
        } catch {
            fault = error
        }
        if fault != nil { rest = [] }
    }

    init(_ answer: RawAnswer, _ parts: [ArraySlice<UInt8>]) {
        self.init(parts, toHead: answer.method == "HEAD")
    }

    private mutating func take(_ piece: ResponseReader.Piece) {
        switch piece {
        case .head(let head):
            precondition(self.head == nil && !hasEnded)
            self.head = Array(head.lines.readableBytesView)
            status = head.status
            framing = head.framing
        case .body(let bytes):
            precondition(bytes.readableBytes > 0 && head != nil && !hasEnded)
            body += bytes.readableBytesView
        case .end:
            precondition(head != nil && !hasEnded)
            hasEnded = true
        }
    }
}
