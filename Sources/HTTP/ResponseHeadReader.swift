import Glibc
import NIOCore

/// Reads the heads of one response (RFC 9112 4 and 5) as their bytes come: interim heads, which it drops,
/// then the final one.
///
/// Nothing is repaired. A head stays in the input until it is complete; each of its bytes is looked at once,
/// however few come at a time. After a fault the reader must not be used again.
struct ResponseHeadReader: Sendable {
    /// Bytes of a head with its empty line; also of all interim heads of one response together.
    static let byteLimit = 64 * 1024
    static let fieldLimit = 200

    private static let beginning: StaticString = "HTTP/1."

    /// What is known of the head that is being read.
    private struct Draft: Sendable {
        /// 0 until the status line was read.
        var status = 0
        var isHTTP11 = true
        var fields = 0
        var length: Int?
        var isChunked = false
        var listsClose = false
        var listsKeepAlive = false

        var isInterim: Bool { status != 0 && status < 200 }
    }

    private let isToHead: Bool
    private var draft = Draft()
    private var interimBytes = 0
    /// Offsets into the readable bytes: the start of the first unread line, and how far there is no LF.
    private var position = 0
    private var searched = 0

    /// - Parameters:
    ///   - isToHead: The request was HEAD, so that there is no body.
    init(isToHead: Bool) { self.isToHead = isToHead }

    /// Bytes are there that belong to the final head, or to one whose status is not known yet.
    var hasBegun: Bool { searched > 0 && !draft.isInterim }

    /// The upstream may send a body although a 204 has none (RFC 9112 6.3).
    var forbidsReuse: Bool { draft.status == 204 && (draft.isChunked || draft.length ?? 0 > 0) }

    /// Consumes interim heads and the final head, each once it is complete.
    ///
    /// - Returns: The final head; nil if more bytes are needed.
    mutating func next(from input: inout ByteBuffer) throws(ResponseFault) -> ResponseHead? {
        while true {
            let count = try unsafe input.withUnsafeReadableBytes { bytes throws(ResponseFault) in
                try unsafe read(bytes)
            }
            guard let count else { return nil }
            if draft.isInterim {
                input.moveReaderIndex(forwardBy: count)
                interimBytes += count
                position = 0
                searched = 0
                draft = Draft()
            } else {
                guard let lines = input.readSlice(length: count - 2) else { return nil }
                input.moveReaderIndex(forwardBy: 2)
                return head(lines)
            }
        }
    }

    private func head(_ lines: ByteBuffer) -> ResponseHead {
        let framing: ResponseHead.Framing
        if isToHead || draft.status == 204 || draft.status == 304 {
            framing = .none
        } else if draft.isChunked {
            framing = .chunked
        } else if let length = draft.length {
            framing = .length(length)
        } else {
            framing = .untilClose
        }
        let keepsAlive = !draft.listsClose && (draft.isHTTP11 || draft.listsKeepAlive)
        return ResponseHead(status: draft.status, lines: lines, framing: framing, keepsAlive: keepsAlive)
    }

    /// The bytes of the head with its empty line; nil if that is not there yet.
    private mutating func read(_ bytes: UnsafeRawBufferPointer) throws(ResponseFault) -> Int? {
        guard let base = bytes.baseAddress, bytes.count > 0 else { return nil }
        if draft.status == 0 { try unsafe Self.checkBeginning(bytes) }
        while let found = unsafe memchr(base + searched, 0x0A, bytes.count - searched) {
            let feed = unsafe UnsafeRawPointer(found) - base
            try checkSize(feed + 1)
            guard feed > position, unsafe bytes[feed - 1] == 0x0D else { throw .lineEnd }
            let line = position..<feed - 1
            position = feed + 1
            searched = position
            if draft.status == 0 {
                try unsafe readStatusLine(bytes, line)
                try checkSize(position)
            } else if line.isEmpty {
                return position
            } else {
                try unsafe readField(bytes, line)
            }
        }
        searched = bytes.count
        // The LF is still to come.
        try checkSize(searched + 1)
        return nil
    }

    private func checkSize(_ count: Int) throws(ResponseFault) {
        guard count <= Self.byteLimit - (draft.isInterim ? interimBytes : 0) else { throw .headTooLarge }
    }

    // MARK: - Status line

    /// Refuses another protocol at its first byte, since it may never send the end of a line.
    private static func checkBeginning(_ bytes: UnsafeRawBufferPointer) throws(ResponseFault) {
        for index in 0..<min(bytes.count, beginning.utf8CodeUnitCount)
        where unsafe bytes[index] != beginning.utf8Start[index] {
            throw index < 5 ? .notHTTP : .version
        }
    }

    /// `HTTP/1.` is already checked.
    private mutating func readStatusLine(
        _ bytes: UnsafeRawBufferPointer, _ line: Range<Int>
    ) throws(ResponseFault) {
        let line = unsafe UnsafeRawBufferPointer(rebasing: bytes[line])
        guard line.count >= 8, unsafe line[7] == 0x31 || line[7] == 0x30,
            unsafe line.count == 8 || line[8] == 0x20
        else { throw .version }
        draft.isHTTP11 = unsafe line[7] == 0x31
        guard line.count >= 12 else { throw .statusLine }
        var status = 0
        for index in 9..<12 {
            let digit = unsafe line[index] &- 0x30
            guard digit <= 9 else { throw .statusLine }
            status = status * 10 + Int(digit)
        }
        guard status >= 100, unsafe line.count == 12 || line[12] == 0x20,
            unsafe FieldLine.isClean(UnsafeRawBufferPointer(rebasing: line[12...]))
        else { throw .statusLine }
        guard status != 101 else { throw .protocolSwitch }
        draft.status = status
    }

    // MARK: - Fields

    private mutating func readField(
        _ bytes: UnsafeRawBufferPointer, _ line: Range<Int>
    ) throws(ResponseFault) {
        guard draft.fields < Self.fieldLimit else { throw .tooManyFields }
        draft.fields += 1
        guard unsafe !FieldLine.isSpace(bytes[line.lowerBound]) else { throw .foldedLine }
        guard let field = unsafe FieldLine(bytes, line) else { throw .fieldLine }
        // Few names have one of these lengths.
        let length = field.colon - line.lowerBound
        guard length == 10 || length == 14 || length == 17 else { return }
        let name = unsafe UnsafeRawBufferPointer(rebasing: bytes[line.lowerBound..<field.colon])
        let value = unsafe UnsafeRawBufferPointer(rebasing: bytes[field.value])
        if unsafe FieldValue.equals(name, "content-length") {
            try unsafe noteLength(value)
        } else if unsafe FieldValue.equals(name, "transfer-encoding") {
            // llhttp, in wide use, does not recognise a coding with a tab after it.
            let space = field.value.upperBound..<line.upperBound
            guard unsafe !bytes[space].contains(0x09) else { throw .transferEncoding }
            try unsafe noteEncoding(value)
        } else if unsafe FieldValue.equals(name, "connection") {
            unsafe noteConnection(value)
        }
    }

    private mutating func noteLength(_ value: UnsafeRawBufferPointer) throws(ResponseFault) {
        guard let length = unsafe FieldValue.length(value) else { throw .contentLength }
        guard draft.length == nil || draft.length == length else { throw .conflictingLengths }
        guard !draft.isChunked else { throw .lengthAndEncoding }
        draft.length = length
    }

    private mutating func noteEncoding(_ value: UnsafeRawBufferPointer) throws(ResponseFault) {
        guard draft.isHTTP11, !draft.isChunked, unsafe FieldValue.equals(value, "chunked") else {
            throw .transferEncoding
        }
        guard draft.length == nil else { throw .lengthAndEncoding }
        draft.isChunked = true
    }

    private mutating func noteConnection(_ value: UnsafeRawBufferPointer) {
        draft.listsClose = unsafe draft.listsClose || FieldValue.lists(value, "close")
        draft.listsKeepAlive = unsafe draft.listsKeepAlive || FieldValue.lists(value, "keep-alive")
    }
}
