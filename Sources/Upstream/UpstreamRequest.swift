package import Domain
package import NIOCore

/// One request as a transfer sends it. What it holds is kept alive, and never copied, until the transfer ends.
package struct UpstreamRequest {
    package enum Method: Sendable { case get, post, delete }

    package enum Body {
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
        origin: UpstreamOrigin, method: Method, head: UpstreamRequestHead, body: Body, credential: CredentialLine?
    ) {
        self.origin = origin
        self.method = method
        self.head = head
        self.body = body
        self.credential = credential
    }
}

/// The header line that carries an upstream key, NUL-terminated (`Authorization: Bearer …\0`), in memory that `owner`
/// keeps: libcurl reads it from there, so that no copy of ours ever leaves the secret's own memory.
@safe
package struct CredentialLine {
    let text: UnsafePointer<CChar>
    let owner: AnyObject

    /// `text` stays valid and unchanged for as long as `owner` lives.
    package init(text: UnsafePointer<CChar>, owner: AnyObject) {
        unsafe self.text = text
        self.owner = owner
    }
}

/// The request target and the header lines in one buffer, each ended by a NUL, as libcurl wants them:
/// `/v1/models\0accept: */*\0…`. One allocation a request, and that one is reused.
package struct UpstreamRequestHead {
    private(set) var bytes: ByteBuffer
    private(set) var lineCount = 0
    /// Which of libcurl's own defaults the lines already stand against.
    private(set) var hasAccept = false
    private(set) var hasContentType = false

    init(reusing bytes: ByteBuffer) {
        self.bytes = bytes
        self.bytes.clear()
    }

    /// The buffer, for the next request; this one has none any more.
    mutating func take() -> ByteBuffer {
        let taken = bytes
        bytes = ByteBuffer()
        return taken
    }

    /// Comes first, once. Neither part holds a control character.
    package mutating func setTarget(_ basePath: String, _ rest: Substring.UTF8View) {
        bytes.writeString(basePath)
        bytes.writeBytes(rest)
        bytes.writeInteger(0, as: UInt8.self)
    }

    /// `name` and `value` hold no NUL, CR or LF. An empty value is sent as an empty value.
    package mutating func add(name: String, value: String) {
        if name.utf8.count == 6, name.lowercased() == "accept" { hasAccept = true }
        if name.utf8.count == 12, name.lowercased() == "content-type" { hasContentType = true }
        bytes.writeString(name)
        if value.isEmpty {
            // libcurl reads "name:" as "leave it out", and "name;" as "send it empty".
            bytes.writeStaticString(";")
        } else {
            bytes.writeStaticString(": ")
            bytes.writeString(value)
        }
        bytes.writeInteger(0, as: UInt8.self)
        lineCount += 1
    }
}

/// The status and header lines of an upstream's answer: raw, as they came, each ended by CRLF or LF.
package struct UpstreamHead {
    package let status: Int
    package let lines: ByteBuffer

    package init(status: Int, lines: ByteBuffer) {
        self.status = status
        self.lines = lines
    }
}
