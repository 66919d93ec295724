import Domain

/// Which addresses an upstream may have: any, but link-local ones and those where clouds serve a machine its
/// own credentials.
///
/// Judged is the address that is about to be connected to, not the host's name, so that no name can be made
/// to point there later. Loopback and private networks are allowed: models run there.
enum AddressRule {
    /// `octets`: 4 of an IPv4 address or 16 of an IPv6 one, in network order; anything else is no address we
    /// know, and forbidden.
    static func forbids(_ octets: [UInt8]) -> Bool {
        guard var address = IPAddress(octets: octets) else { return true }
        if embedding.contains(where: { $0.contains(address) }) {
            address = IPAddress(version4: UInt32(truncatingIfNeeded: address.bits))
        }
        return forbidden.contains { $0.contains(address) }
    }

    private static let forbidden: [AddressRange] = [
        "169.254.0.0/16", "fe80::/10",
        // Alibaba Cloud, Azure's wire server, Oracle Cloud; AWS and Google by IPv6. Everybody else's is
        // link-local.
        "100.100.100.200", "168.63.129.16", "192.0.0.192", "fd00:ec2::254", "fd20:ce::254",
    ]

    /// IPv6 addresses that stand for the IPv4 address they end with, beside mapped ones: compatible (RFC 4291
    /// 2.5.5.1) and translated (RFC 6052 2.1).
    private static let embedding: [AddressRange] = ["::/96", "64:ff9b::/96"]
}
