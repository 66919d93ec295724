import NIOCore

/// The head of a request: its bytes as they came, and where in them everything stands.
///
/// Nothing is copied out of it: what the upstream is sent are these bytes. ``HeadParser`` makes it, and has
/// refused whatever can be read in two ways.
package struct RequestHead {
    /// How the end of the body is told.
    enum Framing: Equatable {
        case none
        /// Never 0.
        case length(Int)
        case chunked
    }

    /// What the body is made of, as Content-Type says it.
    enum ContentKind: Equatable {
        case json
        /// `multipart/form-data`
        case form
        case other
    }

    /// One field line; offsets into ``bytes``.
    struct Field {
        let name: HeaderName
        let start: UInt16
        let colon: UInt16
        let valueStart: UInt16
        let valueEnd: UInt16
        /// Where its CRLF stands.
        let end: UInt16
    }

    /// Up to and with the blank line.
    var bytes = ByteBuffer()
    var method = RequestMethod.get
    var target = 0..<0
    var isHTTP11 = true
    /// In the order they came.
    var fields: [Field] = []

    // What they say that concerns us
    var framing = Framing.none
    var keepsAlive = true
    var content = ContentKind.other
    /// Content-Type names another charset than UTF-8, of which ASCII is a part.
    var hasForeignCharset = false
    var hasContentEncoding = false
    var expectsContinue = false
    /// It has come through a Latchkey: see ``LoopMark``.
    var hasPassedServers = false
    /// The field names, besides `close` and `keep-alive`, that Connection lists: hop-by-hop on this request,
    /// in lower case.
    var connectionNames: [String] = []
    /// Its one Authorization, as a place in ``fields``.
    var authorization: Int?

    var hasBody: Bool { framing != .none }
    var isJSON: Bool { content == .json }

    /// For the API: under `/v1/`, or what is the same without it.
    var isForProxy: Bool { withTarget { APIPaths.areMeant(by: $0) } }

    /// The value of the first field of that name, which is in lower case and has no place in ``HeaderName``.
    func text(of name: StaticString) -> String? {
        bytes.withUnsafeReadableBytes { bytes in
            let field = fields.first { UnsafeRawBufferPointer(rebasing: bytes[$0.nameRange]).equals(name) }
            return field.map { String(decoding: bytes[$0.value], as: UTF8.self) }
        }
    }

    func withTarget<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        bytes.withUnsafeReadableBytes { body(UnsafeRawBufferPointer(rebasing: $0[target])) }
    }

    /// The value of the first field of that name; nil without one.
    func withValue<Result, Failure: Error>(
        of name: HeaderName, _ body: (UnsafeRawBufferPointer?) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try bytes.withUnsafeReadableBytes { bytes throws(Failure) in
            let field = fields.first { $0.name == name }
            return try body(field.map { UnsafeRawBufferPointer(rebasing: bytes[$0.value]) })
        }
    }

    /// nil without one.
    func withAuthorization<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer?) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try bytes.withUnsafeReadableBytes { bytes throws(Failure) in
            try body(authorization.map { UnsafeRawBufferPointer(rebasing: bytes[fields[$0].value]) })
        }
    }
}

extension RequestHead.Field {
    var nameRange: Range<Int> { Int(start)..<Int(colon) }
    /// Without the white space around it.
    var value: Range<Int> { Int(valueStart)..<Int(valueEnd) }
    var line: Range<Int> { Int(start)..<Int(end) }
}
