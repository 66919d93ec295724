package import Domain
package import NIOCore

/// One request as a transfer sends it. What it holds is kept alive, and never copied, until the answer has begun
/// and all of it is out, or the transfer ends.
package struct UpstreamRequest: ~Copyable {
    package enum Method: Sendable {
        case get, head, post, delete

        /// It changes nothing (RFC 9110 9.2.1).
        var isSafe: Bool { self == .get || self == .head }
    }

    package enum Body: ~Copyable {
        case none
        /// Whole and in memory.
        case held(ByteBuffer)
        /// Handed over piece by piece with ``Transfer/upload(_:)``; nil sends it chunked.
        case streamed(length: Int?)
    }

    package var origin: UpstreamOrigin
    package var method: Method
    package var head: UpstreamRequestHead
    package var body: Body
    package var credential: CredentialLine?

    package init(
        origin: UpstreamOrigin, method: Method, head: consuming UpstreamRequestHead, body: consuming Body,
        credential: CredentialLine?
    ) {
        self.origin = origin
        self.method = method
        self.head = head
        self.body = body
        self.credential = credential
    }

    /// libcurl gives it a content type unless it has one.
    var isPost: Bool {
        switch body {
        case .none: method == .post
        default: true
        }
    }

    /// The body comes with ``Transfer/upload(_:)``.
    var isStreamed: Bool {
        switch body {
        case .streamed: true
        default: false
        }
    }

    /// libcurl's EXPECT_100_THRESHOLD.
    private static let largestUnasked = 1 << 20

    /// libcurl would ask the upstream's leave for a body so large, or of a length that is not known.
    var asksLeave: Bool {
        switch body {
        case .none: false
        case .held(let bytes): bytes.readableBytes > Self.largestUnasked
        case .streamed(let length): (length ?? .max) > Self.largestUnasked
        }
    }
}

/// The header line that carries an upstream key, NUL-terminated (`Authorization: Bearer …\0`), in memory that
/// `owner` keeps: libcurl reads it from there, so that no copy of ours ever leaves the secret's own memory.
@safe
package struct CredentialLine: Sendable {
    /// Safe to share: nobody writes to it.
    nonisolated(unsafe) let text: UnsafePointer<CChar>
    private let owner: any AnyObject & Sendable

    /// `text` stays valid and unchanged for as long as `owner` lives.
    package init(text: UnsafePointer<CChar>, owner: any AnyObject & Sendable) {
        unsafe self.text = text
        self.owner = owner
    }
}

/// The request target and the header lines in one buffer: `/v1/models\0user-agent: x\r\nx-a: b\0accept: */*\0`.
/// One allocation a request, and that one is reused.
///
/// libcurl sends an entry of CURLOPT_HTTPHEADER as it is, and looks at the name it begins with a dozen times; so
/// many lines stand in what it takes for one, and that costs a fraction of twenty. Such a block ends where the next
/// line has a name that libcurl must see, for it would add a field of that name by itself.
package struct UpstreamRequestHead: ~Copyable {
    /// What libcurl adds to a request that has none.
    package enum Default { case accept, contentType }

    private(set) var bytes: ByteBuffer
    /// Where the blocks begin, each behind a NUL and ended by one.
    private(set) var blocks = InlineArray<3, Int>(repeating: 0)
    private(set) var blockCount = 0
    private(set) var hasAccept = false
    private(set) var hasContentType = false

    /// In `bytes`, which is empty.
    init(_ bytes: consuming ByteBuffer) { self.bytes = bytes }

    /// The buffer, for the next request; this one has none any more.
    mutating func take() -> ByteBuffer {
        let taken = bytes
        bytes = ByteBuffer()
        return taken
    }

    /// Comes first, once. Neither part holds a control character.
    package mutating func setTarget(_ basePath: String, _ rest: UnsafeRawBufferPointer) {
        bytes.writeString(basePath)
        unsafe bytes.writeBytes(rest)
        bytes.writeInteger(0, as: UInt8.self)
    }

    /// One field line or more, with CRLF between them alone; no other control character but the tab. Host is
    /// the transfer's, and framing libcurl's. `first` where the first line is such a field; a line behind it is none.
    package mutating func add(lines: UnsafeRawBufferPointer, first: Default? = nil) {
        guard lines.count > 0 else { return }
        let beginsBlock = isNew(first)
        if beginsBlock || blockCount == 0 {
            endBlock()
            blocks[blockCount] = bytes.writerIndex
            blockCount += 1
        } else {
            bytes.writeStaticString("\r\n")
        }
        unsafe bytes.writeBytes(lines)
    }

    /// Comes last, once, and before the head is part of a request: libcurl gets pointers into it then.
    package mutating func close() { endBlock() }

    /// False for a second one, which libcurl need not see.
    private mutating func isNew(_ name: Default?) -> Bool {
        switch name {
        case .accept where !hasAccept:
            hasAccept = true
            return true
        case .contentType where !hasContentType:
            hasContentType = true
            return true
        default: return false
        }
    }

    private mutating func endBlock() {
        guard blockCount > 0 else { return }
        markEmptyValue(of: blocks[blockCount - 1])
        bytes.writeInteger(0, as: UInt8.self)
    }

    /// An entry `name:` tells libcurl to leave that field out; `name;` is how it is told to send it without a
    /// value. It matters only where the line is alone.
    private mutating func markEmptyValue(of block: Int) {
        let colon = unsafe bytes.withUnsafeReadableBytes { bytes -> Int? in
            let lines = unsafe bytes[block...]
            guard let colon = unsafe lines.firstIndex(of: 0x3A),
                unsafe lines[(colon + 1)...].allSatisfy({ $0 == 0x20 || $0 == 0x09 })
            else { return nil }
            return colon
        }
        guard let colon else { return }
        bytes.setInteger(0x3B, at: bytes.readerIndex + colon, as: UInt8.self)
        bytes.moveWriterIndex(to: bytes.readerIndex + colon + 1)
    }
}

/// The status line and header lines of an upstream's answer: raw, as they came, each ended by CRLF or LF.
package struct UpstreamHead {
    package let status: Int
    package let lines: ByteBuffer
    /// Nothing but the connection's end tells whether the body was whole.
    package let endsWithConnection: Bool

    package init(status: Int, lines: ByteBuffer, endsWithConnection: Bool = false) {
        self.status = status
        self.lines = lines
        self.endsWithConnection = endsWithConnection
    }
}
