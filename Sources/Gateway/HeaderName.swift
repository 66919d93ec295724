/// The header fields that the data path treats in some special way; ``other`` passes both ways untouched.
enum HeaderName {
    case authorization, host, connection, contentLength, transferEncoding, contentType, contentEncoding, expect, upgrade
    /// Hop-by-hop (RFC 9110 7.6.1), beside the ones above.
    case hopByHop
    /// Of credentials, only ours leaves.
    case clientCredential
    /// What would tell a client of the account it shares.
    case upstreamAccount
    case other

    init(_ name: String) {
        // By length first: for most names of a request one comparison decides.
        switch name.utf8.count {
        case 2: self = name.isASCII("te") ? .hopByHop : .other
        case 4: self = name.isASCII("host") ? .host : .other
        case 6: self = name.isASCII("expect") ? .expect : name.isASCII("cookie") ? .clientCredential : .other
        case 7:
            self =
                name.isASCII("upgrade")
                ? .upgrade
                : name.isASCII("trailer") ? .hopByHop : name.isASCII("api-key") ? .clientCredential : .other
        case 9: self = name.isASCII("x-api-key") ? .clientCredential : .other
        case 10:
            self =
                name.isASCII("connection")
                ? .connection
                : name.isASCII("keep-alive") ? .hopByHop : name.isASCII("set-cookie") ? .upstreamAccount : .other
        case 12: self = name.isASCII("content-type") ? .contentType : .other
        case 13: self = name.isASCII("authorization") ? .authorization : .other
        case 14:
            self =
                name.isASCII("content-length")
                ? .contentLength
                : name.isASCII("x-goog-api-key")
                    ? .clientCredential : name.isASCII("openai-project") ? .upstreamAccount : .other
        case 16: self = name.isASCII("content-encoding") ? .contentEncoding : Self.proxy(name)
        case 17: self = name.isASCII("transfer-encoding") ? .transferEncoding : .other
        case 18: self = Self.proxy(name)
        case 19: self = name.isASCII("openai-organization") ? .upstreamAccount : Self.proxy(name)
        default: self = .other
        }
    }

    private static func proxy(_ name: String) -> HeaderName {
        if name.isASCII("proxy-authorization") { return .clientCredential }
        return name.isASCII("proxy-connection") || name.isASCII("proxy-authenticate") ? .hopByHop : .other
    }
}

extension String {
    /// Equal but for the case of ASCII letters. `literal` is lower-case and of letters, digits and `-`.
    @inline(__always)
    func isASCII(_ literal: StaticString) -> Bool {
        utf8.count == literal.utf8CodeUnitCount && hasASCIIPrefix(literal)
    }

    /// Begins with `literal`, but for the case of ASCII letters. Field names and targets hold no control characters,
    /// so setting bit 5 changes nothing but that case.
    func hasASCIIPrefix(_ literal: StaticString) -> Bool {
        let count = literal.utf8CodeUnitCount
        guard utf8.count >= count else { return false }
        let expected = literal.utf8Start
        let isEqual = utf8.withContiguousStorageIfAvailable { bytes in
            for index in 0..<count where bytes[index] | 0x20 != expected[index] | 0x20 { return false }
            return true
        }
        return isEqual ?? false
    }
}
