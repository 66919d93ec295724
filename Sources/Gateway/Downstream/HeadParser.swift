package import Domain
import Glibc
import HTTP
package import NIOCore

/// Reads the head of an HTTP/1.1 request (RFC 9112), as its bytes come, in one pass and to the letter.
///
/// Between a client and an upstream there must not be two readings of where a request ends, so nothing is
/// repaired: a bare CR or LF, a folded line, white space before a colon, a control character, a length told
/// twice or in two ways, a missing, doubled or impossible Host are refused, as are methods that are not
/// HTTP's. Whatever passes reads the same to every strict parser. An offer to change the protocol is passed
/// over (RFC 9110 7.8), but for one to a WebSocket, whose client is not served without it.
package struct HeadParser {
    /// What stands beside the target in a request line, with a margin for methods nobody knows.
    private static let requestLineMargin = 64
    /// Empty lines in front of a request line: old clients send one after a body (RFC 9112 2.2).
    private static let emptyLineLimit = 4

    let limits: HeadLimits
    private var head = RequestHead()
    private var hasRequestLine = false
    private var emptyLines = 0
    /// Where the line begins that is not read yet, and where its end has not been looked for.
    private var position = 0
    private var searched = 0

    private var hasHost = false
    private var hasContentType = false
    private var hasLength = false
    private var isChunked = false
    private var wantsWebSocket = false
    private var expectsOther = false

    package init(_ limits: HeadLimits) {
        self.limits = limits
        head.fields.reserveCapacity(16)
    }

    /// True while nothing of a head has come.
    package var isAtStart: Bool { position == 0 && searched == 0 }

    /// The head as far as it is read: whole lines at the front of `input`.
    func head(readFrom input: ByteBuffer) -> RequestHead {
        var head = head
        head.bytes = input.getSlice(at: input.readerIndex, length: position) ?? ByteBuffer()
        return head
    }

    /// Takes a head off the front of `input` once it is there whole; nil, and takes nothing, while it is not.
    /// Throws what is wrong with it as soon as that is seen. Afterwards a new parser is needed.
    package mutating func next(from input: inout ByteBuffer) throws(Rejection) -> RequestHead? {
        guard skipEmptyLines(&input) else { return nil }
        let count = input.withUnsafeReadableBytes { bytes in
            Result { () throws(Rejection) in try read(bytes) }
        }
        guard let count = try count.get(), let bytes = input.readSlice(length: count) else { return nil }
        var result = RequestHead()
        swap(&result, &head)
        result.bytes = bytes
        return result
    }

    /// False while one is half there.
    private mutating func skipEmptyLines(_ input: inout ByteBuffer) -> Bool {
        guard position == 0 else { return true }
        while emptyLines < Self.emptyLineLimit,
            input.getInteger(at: input.readerIndex, as: UInt8.self) == 0x0D
        {
            guard input.readableBytes >= 2 else { return false }
            guard input.getInteger(at: input.readerIndex, as: UInt16.self) == 0x0D0A else { return true }
            emptyLines += 1
            input.moveReaderIndex(forwardBy: 2)
        }
        return true
    }

    /// The bytes of the head; nil while its end is not there.
    private mutating func read(_ bytes: UnsafeRawBufferPointer) throws(Rejection) -> Int? {
        guard let base = bytes.baseAddress else { return nil }
        if position == 0 { try checkBeginning(bytes) }
        while let found = memchr(base + searched, 0x0A, bytes.count - searched) {
            let feed = UnsafeRawPointer(found) - base
            let hasReturn = feed > position && bytes[feed - 1] == 0x0D
            let line = position..<(hasReturn ? feed - 1 : feed)
            // First, as of a line that is half there: where it is cut must not change the answer.
            try checkLength(line.count, total: feed + 1)
            guard hasReturn else { throw .malformedRequest(.header) }
            position = feed + 1
            searched = position
            if !hasRequestLine {
                try readRequestLine(bytes, line)
            } else if line.isEmpty {
                try finish()
                return position
            } else {
                try readField(bytes, line)
            }
        }
        searched = bytes.count
        // A CR that came last is likely half of the line's end, which is no part of its length.
        let ending = bytes.last == 0x0D ? 1 : 0
        try checkLength(bytes.count - position - ending, total: bytes.count)
        return nil
    }

    private func checkLength(_ line: Int, total: Int) throws(Rejection) {
        if !hasRequestLine {
            guard line <= limits.target + Self.requestLineMargin else { throw .uriTooLong }
        } else {
            guard line <= limits.field, total <= limits.total else { throw .headersTooLarge }
        }
    }

    // MARK: - Request line

    /// A client of another protocol may wait for an answer before it sends the end of a line.
    private func checkBeginning(_ bytes: UnsafeRawBufferPointer) throws(Rejection) {
        guard let first = bytes.first, !(0x21...0x7E).contains(first) else { return }
        // The record that holds a ClientHello (RFC 8446 5.1).
        throw .malformedRequest(first == 0x16 ? .tls : .method)
    }

    private mutating func readRequestLine(
        _ bytes: UnsafeRawBufferPointer, _ line: Range<Int>
    ) throws(Rejection) {
        hasRequestLine = true
        guard let afterMethod = bytes[line].firstIndex(of: 0x20) else { throw .malformedRequest(.method) }
        guard
            let method = RequestMethod(UnsafeRawBufferPointer(rebasing: bytes[line.lowerBound..<afterMethod]))
        else {
            let isHTTP2 = bytes[line].elementsEqual("PRI * HTTP/2.0".utf8)
            throw .malformedRequest(isHTTP2 ? .http2 : .method)
        }
        head.method = method
        let rest = bytes[(afterMethod + 1)..<line.upperBound]
        guard let afterTarget = rest.firstIndex(where: { !(0x21...0x7E).contains($0) }) else {
            throw .malformedRequest(.version)
        }
        guard bytes[afterTarget] == 0x20, afterTarget > rest.startIndex else {
            throw .malformedRequest(.target)
        }
        head.target = rest.startIndex..<afterTarget
        guard head.target.count <= limits.target else { throw .uriTooLong }
        let version = UnsafeRawBufferPointer(rebasing: bytes[(afterTarget + 1)..<line.upperBound])
        if version.spells("HTTP/1.1") { return }
        guard version.spells("HTTP/1.0") else { throw .malformedRequest(.version) }
        head.isHTTP11 = false
        head.keepsAlive = false
    }

    // MARK: - Fields

    private mutating func readField(
        _ bytes: UnsafeRawBufferPointer, _ line: Range<Int>
    ) throws(Rejection) {
        guard head.fields.count < limits.fieldCount else { throw .headersTooLarge }
        guard let field = FieldLine(bytes, line) else { throw .malformedRequest(.header) }
        let name = HeaderName(UnsafeRawBufferPointer(rebasing: bytes[line.lowerBound..<field.colon]))
        head.fields.append(
            RequestHead.Field(
                name: name, start: UInt16(line.lowerBound), colon: UInt16(field.colon),
                valueStart: UInt16(field.value.lowerBound), valueEnd: UInt16(field.value.upperBound),
                end: UInt16(line.upperBound)))
        try note(name, UnsafeRawBufferPointer(rebasing: bytes[field.value]))
    }

    private mutating func note(_ name: HeaderName, _ value: UnsafeRawBufferPointer) throws(Rejection) {
        switch name {
        case .authorization:
            guard head.authorization == nil else { throw .malformedRequest(.authorization) }
            head.authorization = head.fields.count - 1
        case .host:
            guard !hasHost, Self.isHost(value) else { throw .malformedRequest(.host) }
            hasHost = true
        case .connection: noteConnection(value)
        case .contentLength:
            guard !hasLength, let length = FieldValue.length(value) else { throw .malformedRequest(.framing) }
            hasLength = true
            head.framing = length == 0 ? .none : .length(length)
        case .transferEncoding:
            guard !isChunked, value.equals("chunked"), head.isHTTP11 else {
                throw .malformedRequest(.framing)
            }
            isChunked = true
            head.framing = .chunked
        case .contentType:
            guard !hasContentType else { throw .malformedRequest(.contentType) }
            hasContentType = true
            head.content = Self.contentKind(value)
            head.hasForeignCharset = Self.hasForeignCharset(value)
        case .contentEncoding:
            head.hasContentEncoding = head.hasContentEncoding || !value.equals("identity")
        case .expect:
            if value.equals("100-continue") {
                head.expectsContinue = head.isHTTP11
            } else {
                expectsOther = true
            }
        case .upgrade:
            if head.isHTTP11, HeaderName.listed(in: value).contains("websocket") { wantsWebSocket = true }
        case .hop: head.hasPassedServers = true
        case .accept, .hopByHop, .clientCredential, .acceptEncoding, .requestID, .forwardedFor, .route,
            .upstreamAccount, .accelBuffering, .ours, .other:
            break
        }
    }

    private mutating func noteConnection(_ value: UnsafeRawBufferPointer) {
        for name in HeaderName.listed(in: value) {
            if name == "close" { head.keepsAlive = false } else { head.connectionNames.append(name) }
        }
    }

    private func finish() throws(Rejection) {
        guard hasHost || !head.isHTTP11 else { throw .malformedRequest(.host) }
        if isChunked, hasLength { throw .malformedRequest(.framing) }
        if wantsWebSocket { throw .upgradeNotSupported }
        if expectsOther { throw .expectationFailed }
    }

    // MARK: - Values

    /// With or without parameters; JSON is `application/….+json` too.
    private static func contentKind(_ value: UnsafeRawBufferPointer) -> RequestHead.ContentKind {
        let end = value.firstIndex { $0 == 0x3B || $0 == 0x20 || $0 == 0x09 } ?? value.endIndex
        let type = UnsafeRawBufferPointer(rebasing: value[..<end])
        if type.equals("application/json") { return .json }
        if type.equals("multipart/form-data") { return .form }
        let suffix: StaticString = "+json"
        guard type.count > suffix.utf8CodeUnitCount else { return .other }
        let ending = UnsafeRawBufferPointer(rebasing: type.suffix(suffix.utf8CodeUnitCount))
        return ending.equals(suffix) ? .json : .other
    }

    /// Whether a parameter `charset` asks for something that is not UTF-8. One that cannot be read counts,
    /// for a lenient parser could read it.
    private static func hasForeignCharset(_ value: UnsafeRawBufferPointer) -> Bool {
        guard let end = value.firstIndex(of: 0x3B) else { return false }
        let isSpace = { (byte: UInt8) in byte == 0x20 || byte == 0x09 }
        for parameter in value[end...].split(separator: 0x3B) {
            let equals = parameter.firstIndex(of: 0x3D) ?? parameter.endIndex
            var name = parameter[..<equals].drop(while: isSpace)
            while let last = name.last, isSpace(last) { name.removeLast() }
            guard UnsafeRawBufferPointer(rebasing: name).equals("charset") else { continue }
            var charset = parameter[equals...].dropFirst().drop(while: isSpace)
            while let last = charset.last, isSpace(last) { charset.removeLast() }
            if charset.count >= 2, charset.first == 0x22, charset.last == 0x22 {
                charset = charset.dropFirst().dropLast()
            }
            let text = UnsafeRawBufferPointer(rebasing: charset)
            guard text.equals("utf-8") || text.equals("utf8") || text.equals("us-ascii") else { return true }
        }
        return false
    }

    /// A host with or without a port, RFC 3986 3.2.2: a name or an address, or one in brackets.
    private static func isHost(_ value: UnsafeRawBufferPointer) -> Bool {
        var rest = value[...]
        if rest.first == 0x5B {
            guard let end = rest.firstIndex(of: 0x5D), end > 1,
                rest[1..<end].allSatisfy({ isHexDigit($0) || $0 == 0x3A || $0 == 0x2E })
            else { return false }
            rest = rest[(end + 1)...]
        } else {
            let end = rest.firstIndex(of: 0x3A) ?? rest.endIndex
            guard end > rest.startIndex, rest[..<end].allSatisfy(isNameByte) else { return false }
            rest = rest[end...]
        }
        guard let colon = rest.first else { return true }
        return colon == 0x3A && rest.count <= 6 && rest.dropFirst().allSatisfy { (0x30...0x39).contains($0) }
    }

    private static func isHexDigit(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte | 0x20)
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        // -._~ and sub-delims, and escapes
        case 0x2D, 0x2E, 0x5F, 0x7E, 0x21, 0x24...0x2C, 0x3B, 0x3D: true
        default: false
        }
    }
}
