import NIOCore

/// The head of an answer while it arrives, line by line: interim heads (1xx) first, perhaps, then the real one.
///
/// It is stricter than libcurl where two parsers could come to different ends of the body: a
/// Content-Length that is no plain number, two that differ, one beside Transfer-Encoding (RFC 9112 6.3) are
/// refused, and so are 101, for nobody asked to switch, and heads without end.
struct AnswerHead {
    /// Bytes of all heads of one answer together.
    static let maximumBytes = 256 * 1024

    /// 0 before a status line, and between an interim head and the next one.
    private(set) var status = 0
    private(set) var isComplete = false
    /// Status line and header lines as they came; the taker leaves none.
    var lines: ByteBuffer?
    private var byteCount = 0
    private var length: Int?
    private var hasTransferEncoding = false
    /// The body comes in chunks.
    private(set) var isChunked = false

    /// A body may follow where none may be (RFC 9112 6.3): what comes next on the connection is nobody's answer.
    var forbidsReuse: Bool { status == 204 && (hasTransferEncoding || length ?? 0 > 0) }

    /// Only the end of the connection tells the end of the body (RFC 9112 6.3). HTTP/2 frames every body.
    var endsWithConnection: Bool {
        guard length == nil, !hasTransferEncoding, status != 204, status != 304 else { return false }
        return unsafe lines?.withUnsafeReadableBytes { unsafe $0.starts(with: "HTTP/1".utf8) } ?? false
    }

    /// The next line is a status line.
    var isAtStart: Bool { status == 0 }

    /// Before a status line: the status that libcurl has read from it, and where the lines go.
    mutating func begin(status: Int, _ lines: ByteBuffer) {
        self.status = status
        self.lines = lines
        length = nil
        hasTransferEncoding = false
        isChunked = false
    }

    /// Takes a line with its line end; false where the answer must not go on.
    mutating func take(_ line: UnsafeRawBufferPointer) -> Bool {
        byteCount += line.count
        guard byteCount <= Self.maximumBytes, status != 101 else { return false }
        if line.count <= 2, unsafe line.first == 0x0D || line.first == 0x0A {
            isComplete = status >= 200
            if !isComplete { status = 0 }
            return true
        }
        _ = unsafe lines?.writeBytes(line)
        return unsafe framingStaysClear(line)
    }

    private mutating func framingStaysClear(_ line: UnsafeRawBufferPointer) -> Bool {
        if unsafe Self.isField("content-length", line) {
            let text = unsafe UnsafeRawBufferPointer(rebasing: line[15...])
            guard let value = unsafe Self.number(text), length == nil || length == value else { return false }
            length = value
        } else if unsafe Self.isField("transfer-encoding", line) {
            hasTransferEncoding = true
            isChunked = unsafe Self.endsInChunked(line)
        }
        return length == nil || !hasTransferEncoding
    }

    /// `name` is in lower case.
    private static func isField(_ name: StaticString, _ line: UnsafeRawBufferPointer) -> Bool {
        let count = name.utf8CodeUnitCount
        guard line.count > count, unsafe line[count] == 0x3A else { return false }
        return (0..<count).allSatisfy { unsafe line[$0] | 0x20 == name.utf8Start[$0] }
    }

    /// Chunked is the last coding of the line.
    private static func endsInChunked(_ line: UnsafeRawBufferPointer) -> Bool {
        var rest = unsafe line[...]
        while let last = unsafe rest.last, last <= 0x20 { unsafe rest.removeLast() }
        return unsafe rest.suffix(7).elementsEqual("chunked".utf8) { $0 | 0x20 == $1 }
    }

    /// Digits between spaces, tabs and the line's end.
    private static func number(_ text: UnsafeRawBufferPointer) -> Int? {
        var number: Int?
        var isOver = false
        for index in 0..<text.count {
            let byte = unsafe text[index]
            switch byte {
            case 0x30...0x39:
                let (tens, overflow) = (number ?? 0).multipliedReportingOverflow(by: 10)
                let (sum, overflowToo) = tens.addingReportingOverflow(Int(byte) - 0x30)
                guard !isOver, !overflow, !overflowToo else { return nil }
                number = sum
            case 0x20, 0x09, 0x0D, 0x0A: isOver = number != nil
            default: return nil
            }
        }
        return number
    }
}
