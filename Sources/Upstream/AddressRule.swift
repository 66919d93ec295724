/// Which addresses an upstream may have: any, but link-local ones and those where clouds serve a machine its
/// own credentials.
///
/// Judged is the address that is about to be connected to, not the host's name, so that no name can be made
/// to point there later. Loopback and private networks are allowed: models run there.
enum AddressRule {
    /// `octets`: 4 of an IPv4 address or 16 of an IPv6 one, in network order; anything else is no address we
    /// know, and forbidden.
    static func forbids(_ octets: [UInt8]) -> Bool {
        switch octets.count {
        case 4: return forbidsVersion4(octets[...])
        case 16:
            if let inner = version4(within: octets) { return forbidsVersion4(inner) }
            let isLinkLocal = octets[0] == 0xFE && octets[1] & 0xC0 == 0x80
            return isLinkLocal || metadata6.contains(octets)
        default: return true
        }
    }

    private static func forbidsVersion4(_ octets: ArraySlice<UInt8>) -> Bool {
        octets.starts(with: [169, 254]) || metadata4.contains { octets.elementsEqual($0) }
    }

    /// Alibaba Cloud, Azure's wire server, Oracle Cloud. Everybody else's is link-local.
    private static let metadata4: [[UInt8]] = [
        [100, 100, 100, 200], [168, 63, 129, 16], [192, 0, 0, 192],
    ]

    /// fd00:ec2::254 (AWS) and fd20:ce::254 (Google).
    private static let metadata6: [[UInt8]] = [
        [0xFD, 0x00, 0x0E, 0xC2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x02, 0x54],
        [0xFD, 0x20, 0x00, 0xCE, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x02, 0x54],
    ]

    /// The IPv4 address that an IPv6 one stands for: mapped (::ffff:0:0/96, RFC 4291 2.5.5.2), compatible
    /// (::/96, 2.5.5.1) or translated (64:ff9b::/96, RFC 6052 2.1).
    private static func version4(within octets: [UInt8]) -> ArraySlice<UInt8>? {
        let zeros = [UInt8](repeating: 0, count: 12)
        let mapped = zeros.prefix(10) + [0xFF, 0xFF]
        let translated = [0x00, 0x64, 0xFF, 0x9B] + zeros.prefix(8)
        guard octets.starts(with: mapped) || octets.starts(with: zeros) || octets.starts(with: translated)
        else { return nil }
        return octets[12...]
    }
}
