/// Which origins' web pages may call the API from a browser. Never with the browser's credentials: what a
/// page calls with is the access token that it holds.
package enum CrossOrigins: Hashable, Sendable {
    case none
    case any
    case only(Set<WebOrigin>)

    /// Entries separated by commas, each an origin, or `*` alone; an empty text is none.
    package init(parsing text: String) throws(WebOrigin.Malformation) {
        guard !text.isEmpty else {
            self = .none
            return
        }
        guard text != "*" else {
            self = .any
            return
        }
        var origins: Set<WebOrigin> = []
        for entry in text.split(separator: ",", omittingEmptySubsequences: false) {
            let entry = entry.drop { $0 == " " }
            let end = entry.lastIndex { $0 != " " }.map(entry.index(after:)) ?? entry.endIndex
            origins.insert(try WebOrigin(parsing: String(entry[..<end])))
        }
        self = .only(origins)
    }
}

/// An origin as browsers send it (RFC 6454 6.2): `scheme://host[:port]`, in lower case, without the scheme's
/// own port.
package struct WebOrigin: Hashable, Sendable, CustomStringConvertible {
    package let description: String

    /// What is wrong with an entry: a clause that can follow a colon.
    package struct Malformation: Error, Equatable {
        package let entry: String
        package let reason: String
    }

    package init(parsing text: String) throws(Malformation) {
        if let reason = Self.flaw(in: text) { throw Malformation(entry: text, reason: reason) }
        description = text
    }

    private static func flaw(in text: String) -> String? {
        guard !text.isEmpty else { return "it is empty" }
        guard text != "*" else { return "'*' allows every origin, and must be the only entry" }
        guard text != "null" else {
            return "'null' is the origin of any sandboxed page or local file, not of one site"
        }
        guard text.utf8.count <= 512, text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            return "it must be printable ASCII without spaces"
        }
        guard !text.utf8.contains(where: { (0x41...0x5A).contains($0) }) else {
            return "it must be in lower case, as browsers send it"
        }
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        let scheme = parts[0]
        guard parts.count == 2, parts[1].hasPrefix("//"), isScheme(scheme) else {
            return "it must begin with a scheme, as https://app.example.com"
        }
        let authority = parts[1].dropFirst(2)
        guard !authority.contains(where: { "/?#".contains($0) }) else {
            return "it must end after the host and port: no slash, path or query"
        }
        guard !authority.contains("*") else {
            return "it must name one host; '*' within an origin is not supported"
        }
        return flaw(inAuthority: authority, of: scheme)
    }

    private static func isScheme(_ scheme: Substring) -> Bool {
        guard let first = scheme.utf8.first, (0x61...0x7A).contains(first) else { return false }
        return scheme.utf8.allSatisfy { byte in
            (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte) || [0x2B, 0x2D, 0x2E].contains(byte)
        }
    }

    private static func flaw(inAuthority authority: Substring, of scheme: Substring) -> String? {
        var host = authority
        var port: Substring?
        let isBracketed = authority.hasPrefix("[")
        let end =
            isBracketed
            ? authority.firstIndex(of: "]").map(authority.index(after:)) : authority.firstIndex(of: ":")
        if let end {
            host = authority[..<end]
            if end < authority.endIndex {
                guard authority[end] == ":" else { return "its host is not a name or an address" }
                port = authority[end...].dropFirst()
            }
        }
        let inner = isBracketed ? host.dropFirst().dropLast() : host
        let isHost = inner.utf8.allSatisfy { byte in
            isBracketed
                ? (0x30...0x3A).contains(byte) || (0x61...0x66).contains(byte) || byte == 0x2E
                : (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte)
                    || [0x2D, 0x2E, 0x5F].contains(byte)
        }
        guard !inner.isEmpty, isHost, !isBracketed || host.hasSuffix("]") else {
            return "its host is not a name or an address"
        }
        guard let port else { return nil }
        guard let number = UInt16(port), number > 0, String(number) == port else {
            return "its port must be a number from 1 to 65535"
        }
        let ownPort: [Substring: UInt16] = ["http": 80, "https": 443]
        guard ownPort[scheme] != number else {
            return "browsers leave the port \(number) of \(scheme) out; so must it"
        }
        return nil
    }
}
