package import Domain

/// The proxies whose word is taken for who their clients are; none unless the settings name some.
///
/// Whoever connects is the client. Where that is one of these, `X-Forwarded-For` says who connected to it,
/// and so on from right to left, for each proxy appends the address it sees: what stands to the left of the
/// first address that is not trusted may be anybody's invention. `Forwarded` (RFC 7239) is not read.
package struct TrustedProxies: Sendable {
    /// How many addresses of a request are looked at.
    static let depth = 32

    private let ranges: [AddressRange]

    package init(_ ranges: [AddressRange]) { self.ranges = ranges }

    func contains(_ address: IPAddress) -> Bool { ranges.contains { $0.contains(address) } }

    /// The client behind `proxy`, which is one of these: the last address that is not, or the first of all
    /// where there is none. What is no address, or goes too deep, ends the search where it is.
    ///
    /// `lines`: the values of the `X-Forwarded-For` fields, in their order.
    func client(behind proxy: IPAddress, _ lines: some BidirectionalCollection<Substring>) -> IPAddress {
        var client = proxy
        var depth = 0
        for line in lines.reversed() {
            var rest = line.utf8[...]
            var isRead = false
            while !isRead, depth < Self.depth {
                let comma = rest.lastIndex(of: 0x2C)
                let entry = comma.map { rest[rest.index(after: $0)...] } ?? rest
                guard let address = Self.address(entry) else { return client }
                client = address
                guard contains(address) else { return client }
                depth += 1
                rest = rest[..<(comma ?? rest.startIndex)]
                isRead = comma == nil
            }
        }
        return client
    }

    /// An address, with a port or without: `192.0.2.1`, `192.0.2.1:80`, `::1`, `[::1]`, `[::1]:80`.
    private static func address(_ entry: Substring.UTF8View) -> IPAddress? {
        var entry = entry.drop(while: isSpace)
        while entry.last.map(isSpace) == true { entry = entry.dropLast() }
        let text = Substring(entry)
        guard !text.hasPrefix("[") else {
            guard let end = text.firstIndex(of: "]") else { return nil }
            let inner = text[..<end].dropFirst()
            guard inner.contains(":"), isPort(text[end...].dropFirst()) else { return nil }
            return IPAddress(inner)
        }
        if let address = IPAddress(text) { return address }
        guard let colon = text.firstIndex(of: ":"), isPort(text[colon...]) else { return nil }
        return IPAddress(text[..<colon])
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

    /// `:80`, or nothing.
    private static func isPort(_ text: Substring) -> Bool {
        guard !text.isEmpty else { return true }
        return text.hasPrefix(":") && IPAddress.decimal(text.dropFirst().utf8, upTo: 65535) != nil
    }
}
