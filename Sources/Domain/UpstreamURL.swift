/// Where a project's requests go: what an OpenAI SDK takes as base URL, parsed once, never joined with a
/// client's text.
///
/// `https://api.openai.com/v1` sends `/v1/x` to `/v1/x` there; a URL without a path means `/v1`; `dummy:` is
/// the provider that answers without a network.
package enum UpstreamURL: Hashable, Sendable, CustomStringConvertible {
    case dummy
    case remote(UpstreamOrigin, basePath: String)

    package static let openAI = "https://api.openai.com/v1"

    /// Why a text is no upstream URL: one lower-case clause that can follow a colon.
    package struct Malformed: Error, Equatable {
        package let reason: String
    }

    package init(parsing text: String) throws(Malformed) {
        guard text != "dummy:" else {
            self = .dummy
            return
        }
        guard !text.isEmpty, text.utf8.count <= 2048,
            text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != 0x5C })
        else { throw Malformed(reason: "it has to be printable ASCII without spaces or backslashes") }
        guard let separator = Self.range(of: "://", in: text),
            let scheme = UpstreamOrigin.Scheme(rawValue: text[..<separator.lowerBound].lowercased())
        else { throw Malformed(reason: "it has to begin with https:// or http:// (or be 'dummy:')") }
        let rest = text[separator.upperBound...]
        guard !rest.contains(where: { "?#@".contains($0) }) else {
            throw Malformed(reason: "it may have neither a query, a fragment nor a user name")
        }
        let slash = rest.firstIndex(of: "/") ?? rest.endIndex
        let (host, port) = try Self.authority(String(rest[..<slash]), of: scheme)
        var path = String(rest[slash...])
        while path.hasSuffix("/") { path.removeLast() }
        let segments = path.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
        guard segments.allSatisfy({ !$0.isEmpty && $0 != "." && $0 != ".." && !$0.contains("%") }) else {
            throw Malformed(reason: "its path may have no empty, '.', '..' or escaped segments")
        }
        self = .remote(
            UpstreamOrigin(scheme: scheme, host: host, port: port), basePath: path.isEmpty ? "/v1" : path)
    }

    private static func range(of needle: String, in text: String) -> Range<String.Index>? {
        guard let first = text.firstIndex(of: ":"), text[first...].hasPrefix(needle) else { return nil }
        return first..<text.index(first, offsetBy: needle.count)
    }

    private static func authority(
        _ text: String, of scheme: UpstreamOrigin.Scheme
    ) throws(Malformed) -> (host: String, port: UInt16) {
        var host = text[...]
        var port = scheme.defaultPort
        let isBracketed = text.hasPrefix("[")
        let end = isBracketed ? text.firstIndex(of: "]").map(text.index(after:)) : text.firstIndex(of: ":")
        if let end {
            host = text[..<end]
            let tail = text[end...]
            if !tail.isEmpty {
                guard tail.first == ":", let number = UInt16(tail.dropFirst()), number > 0,
                    tail.dropFirst().utf8.allSatisfy({ (0x30...0x39).contains($0) })
                else { throw Malformed(reason: "its port has to be a number from 1 to 65535") }
                port = number
            }
        }
        let inner = isBracketed ? host.dropFirst().dropLast() : host
        let isValid = inner.utf8.allSatisfy { byte in
            isBracketed
                ? (0x30...0x3A).contains(byte) || (0x61...0x66).contains(byte | 0x20) || byte == 0x2E
                : Base62.digit(byte) != nil || byte == 0x2D || byte == 0x2E || byte == 0x5F
        }
        guard !inner.isEmpty, isValid, !isBracketed || host.hasSuffix("]") else {
            throw Malformed(reason: "its host is not a name or an address")
        }
        return (host.lowercased(), port)
    }

    /// nil for the dummy.
    package var origin: UpstreamOrigin? {
        switch self {
        case .dummy: nil
        case .remote(let origin, _): origin
        }
    }

    /// The canonical text: parsing it gives the same value.
    package var description: String {
        switch self {
        case .dummy: "dummy:"
        case .remote(let origin, let basePath): origin.description + basePath
        }
    }
}

/// Scheme, host and port: what a connection is made to, and what connections are pooled by.
package struct UpstreamOrigin: Hashable, Sendable, CustomStringConvertible {
    package enum Scheme: String, Sendable {
        case http, https
        package var defaultPort: UInt16 { self == .https ? 443 : 80 }
    }

    package let scheme: Scheme
    /// Lower-case; an IPv6 address stands in brackets.
    package let host: String
    package let port: UInt16

    package init(scheme: Scheme, host: String, port: UInt16) {
        self.scheme = scheme
        self.host = host
        self.port = port
    }

    package var description: String { "\(scheme.rawValue)://\(authority)" }

    /// Host and port, as a Host field has them (RFC 9110 7.2).
    package var authority: String { port == scheme.defaultPort ? host : "\(host):\(port)" }
}
