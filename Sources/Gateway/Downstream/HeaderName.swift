/// The header fields that the data path treats in some special way; ``other`` passes both ways untouched.
enum HeaderName {
    case authorization, host, connection, contentLength, transferEncoding, contentType, contentEncoding,
        expect, upgrade
    /// libcurl has a default for it.
    case accept
    /// Replaced where the answer's usage has to be read.
    case acceptEncoding
    /// The upstream's name for the request.
    case requestID
    /// Hop-by-hop (RFC 9110 7.6.1), beside the ones above.
    case hopByHop
    /// Tells nginx not to hold the answer back.
    case accelBuffering
    /// Of credentials, only ours leaves.
    case clientCredential
    /// Passes as well; trusted proxies tell their clients' addresses in it.
    case forwardedFor
    /// What would tell a client of the account it shares.
    case upstreamAccount
    /// What Latchkey itself says in an answer, and nobody says for it.
    case ours
    case other

    init(_ name: UnsafeRawBufferPointer) {
        // By length first: for most names of a request one comparison decides.
        switch name.count {
        case 2: self = name.equals("te") ? .hopByHop : .other
        case 4: self = name.equals("host") ? .host : .other
        case 6:
            self =
                name.equals("accept")
                ? .accept
                : name.equals("expect") ? .expect : name.equals("cookie") ? .clientCredential : .other
        case 7:
            self =
                name.equals("upgrade")
                ? .upgrade
                : name.equals("trailer") ? .hopByHop : name.equals("api-key") ? .clientCredential : .other
        case 9: self = name.equals("x-api-key") ? .clientCredential : .other
        case 10:
            self =
                name.equals("connection")
                ? .connection
                : name.equals("keep-alive")
                    ? .hopByHop : name.equals("set-cookie") ? .upstreamAccount : .other
        case 12:
            self =
                name.equals("content-type")
                ? .contentType : name.equals("x-request-id") ? .requestID : .other
        case 13: self = name.equals("authorization") ? .authorization : .other
        case 14:
            self =
                name.equals("content-length")
                ? .contentLength
                : name.equals("x-goog-api-key")
                    ? .clientCredential
                    : name.equals("openai-project")
                        ? .upstreamAccount : name.equals("http2-settings") ? .hopByHop : .other
        case 15:
            self =
                name.equals("accept-encoding")
                ? .acceptEncoding : name.equals("x-forwarded-for") ? .forwardedFor : .other
        case 16:
            self =
                name.equals("content-encoding")
                ? .contentEncoding : name.equals("x-latchkey-error") ? .ours : Self.proxy(name)
        case 21: self = name.equals("x-latchkey-request-id") ? .ours : .other
        case 17:
            self =
                name.equals("transfer-encoding")
                ? .transferEncoding : name.equals("x-accel-buffering") ? .accelBuffering : .other
        case 18: self = Self.proxy(name)
        case 19: self = name.equals("openai-organization") ? .upstreamAccount : Self.proxy(name)
        default: self = .other
        }
    }

    private static func proxy(_ name: UnsafeRawBufferPointer) -> HeaderName {
        if name.equals("proxy-authorization") { return .clientCredential }
        return name.equals("proxy-connection") || name.equals("proxy-authenticate") ? .hopByHop : .other
    }
}

extension HeaderName {
    /// The names that a Connection field lists, in lower case, `close` among them, `keep-alive` not.
    static func listed(in value: UnsafeRawBufferPointer) -> [String] {
        if value.equals("keep-alive") { return [] }
        return value.split(separator: 0x2C)
            .map { part in
                let isSpace = { (byte: UInt8) in byte == 0x20 || byte == 0x09 }
                var name = part.drop(while: isSpace)
                while let last = name.last, isSpace(last) { name.removeLast() }
                return String(decoding: name, as: UTF8.self).lowercased()
            }
            .filter { $0 != "keep-alive" && !$0.isEmpty }
    }
}

extension UnsafeRawBufferPointer {
    /// Equal but for the case of ASCII letters. `literal` is lower-case and printable, and these bytes hold no
    /// control characters, so setting bit 5 changes nothing but that case.
    @inline(__always)
    func equals(_ literal: StaticString) -> Bool {
        guard count == literal.utf8CodeUnitCount else { return false }
        let expected = literal.utf8Start
        for index in 0..<count where self[index] | 0x20 != expected[index] { return false }
        return true
    }
}
