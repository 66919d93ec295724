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
    /// Trusted proxies tell their clients' addresses in it. It ends here like ``route``.
    case forwardedFor
    /// What tells of the way that a request has come, or asks for another method or path than it has: the
    /// upstream is not told. Of a response it passes.
    case route
    /// What would tell a client of the account it shares, or choose another one for it.
    case upstreamAccount
    /// What Latchkey itself says in an answer, and nobody says for it.
    case ours
    /// The servers that a request has passed: ``LoopMark``.
    case hop
    case other

    init(_ name: UnsafeRawBufferPointer) {
        // By length first: for most names of a request one comparison decides.
        switch name.count {
        case 2: self = name.equals("te") ? .hopByHop : .other
        case 3: self = name.equals("via") ? .route : .other
        case 4: self = name.equals("host") ? .host : .other
        case 6:
            self =
                name.equals("accept")
                ? .accept
                : name.equals("expect") ? .expect : name.equals("cookie") ? .clientCredential : Self.way(name)
        case 7:
            self =
                name.equals("upgrade")
                ? .upgrade
                : name.equals("trailer")
                    ? .hopByHop
                    : name.equals("api-key")
                        ? .clientCredential : name.equals("referer") ? .route : Self.way(name)
        case 9:
            self =
                name.equals("x-api-key")
                ? .clientCredential
                : name.equals("x-real-ip") || name.equals("forwarded") ? .route : Self.way(name)
        case 10:
            self =
                name.equals("connection")
                ? .connection
                : name.equals("keep-alive")
                    ? .hopByHop : name.equals("set-cookie") ? .upstreamAccount : Self.way(name)
        case 12:
            self =
                name.equals("content-type")
                ? .contentType : name.equals("x-request-id") ? .requestID : Self.way(name)
        case 13: self = name.equals("authorization") ? .authorization : Self.way(name)
        case 14:
            self =
                name.equals("content-length")
                ? .contentLength
                : name.equals("x-goog-api-key")
                    ? .clientCredential
                    : name.equals("openai-project")
                        ? .upstreamAccount
                        : name.equals("http2-settings")
                            ? .hopByHop : name.equals("x-latchkey-hop") ? .hop : Self.way(name)
        case 15:
            self =
                name.equals("accept-encoding")
                ? .acceptEncoding : name.equals("x-forwarded-for") ? .forwardedFor : Self.way(name)
        case 16:
            self =
                name.equals("content-encoding")
                ? .contentEncoding : name.equals("x-latchkey-error") ? .ours : Self.proxy(name)
        case 21: self = name.equals("x-latchkey-request-id") ? .ours : Self.way(name)
        case 23: self = name.equals("x-latchkey-output-limit") ? .ours : Self.way(name)
        case 17:
            self =
                name.equals("transfer-encoding")
                ? .transferEncoding : name.equals("x-accel-buffering") ? .accelBuffering : Self.way(name)
        case 18: self = Self.proxy(name)
        case 19: self = name.equals("openai-organization") ? .upstreamAccount : Self.proxy(name)
        default: self = Self.way(name)
        }
    }

    private static func proxy(_ name: UnsafeRawBufferPointer) -> HeaderName {
        if name.equals("proxy-authorization") { return .clientCredential }
        return name.equals("proxy-connection") || name.equals("proxy-authenticate") ? .hopByHop : way(name)
    }

    /// ``route`` or ``other``. Few names begin as these do.
    private static func way(_ name: UnsafeRawBufferPointer) -> HeaderName {
        switch name[0] | 0x20 {
        case 0x63:
            return starts(name, "cf-") || name.equals("cdn-loop") || name.equals("client-ip")
                ? .route : .other
        case 0x66: return name.equals("fastly-client-ip") || name.equals("fly-client-ip") ? .route : .other
        case 0x74: return name.equals("true-client-ip") ? .route : .other
        case 0x78: break
        default: return .other
        }
        // Behind `x-`.
        switch name.count > 2 ? name[2] | 0x20 : 0 {
        case 0x66: return starts(name, "x-forwarded-") || name.equals("x-forwarded") ? .route : .other
        case 0x67:
            return starts(name, "x-goog-iap-") || starts(name, "x-goog-authenticated-") ? .route : .other
        case 0x6F: return starts(name, "x-original-") ? .route : .other
        case 0x65: return starts(name, "x-envoy-") ? .route : .other
        case 0x63: return name.equals("x-client-ip") || name.equals("x-cluster-client-ip") ? .route : .other
        case 0x61:
            return name.equals("x-azure-clientip") || name.equals("x-azure-socketip")
                || name.equals("x-appengine-user-ip") ? .route : .other
        case 0x6E: return name.equals("x-nf-client-connection-ip") ? .route : .other
        case 0x72: return name.equals("x-rewrite-url") ? .route : .other
        case 0x68:
            return name.equals("x-http-method") || name.equals("x-http-method-override") ? .route : .other
        case 0x6D:
            return name.equals("x-method-override") || starts(name, "x-ms-forwarded-") ? .route : .other
        default: return .other
        }
    }

    private static func starts(_ name: UnsafeRawBufferPointer, _ prefix: StaticString) -> Bool {
        let count = prefix.utf8CodeUnitCount
        return name.count > count && UnsafeRawBufferPointer(rebasing: name[..<count]).equals(prefix)
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
    /// Equal but for the case of ASCII letters. `literal` is lower-case and printable, and these bytes hold
    /// no control characters, so setting bit 5 changes nothing but that case.
    @inline(__always)
    func equals(_ literal: StaticString) -> Bool {
        guard count == literal.utf8CodeUnitCount else { return false }
        let expected = literal.utf8Start
        for index in 0..<count where self[index] | 0x20 != expected[index] { return false }
        return true
    }
}
