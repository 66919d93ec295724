import Domain

/// Which addresses an upstream may have: any, but link-local ones and those where clouds serve a machine its
/// own credentials.
///
/// Judged is the address that is about to be connected to, not the host's name, so that no name can be made
/// to point there later. An IPv6 address that stands for an IPv4 one, wherever in it that is, is judged as
/// that one too. Loopback and private networks are allowed: models run there.
enum AddressRule {
    /// `octets`: 4 of an IPv4 address or 16 of an IPv6 one, in network order; anything else is no address we
    /// know, and forbidden.
    static func forbids(_ octets: [UInt8]) -> Bool {
        guard let address = IPAddress(octets: octets) else { return true }
        return isForbidden(address)
            || embeddings.contains { $0.range.contains(address) && isForbidden($0.version4(in: address)) }
            || isISATAP(address) && isForbidden(IPAddress(version4: UInt32(truncatingIfNeeded: address.bits)))
    }

    private static func isForbidden(_ address: IPAddress) -> Bool {
        forbidden.contains { $0.contains(address) }
    }

    private static let forbidden: [AddressRange] = [
        "169.254.0.0/16", "fe80::/10",
        // Alibaba Cloud, Azure's wire server, Oracle Cloud; AWS and Google by IPv6. Everybody else's is
        // link-local.
        "100.100.100.200", "168.63.129.16", "192.0.0.192", "fd00:ec2::254", "fd20:ce::254",
    ]

    /// Where IPv6 addresses of a range have an IPv4 one.
    private struct Embedding {
        let range: AddressRange
        /// The bits in front of it.
        let offset: Int
        /// Bits 64 to 71 are none of it (RFC 6052 2.2).
        var skipsOctet = false
        /// Every bit stands for its opposite.
        var isInverted = false

        func version4(in address: IPAddress) -> IPAddress {
            var bits = address.bits
            if skipsOctet {
                let (front, back) = (bits >> 64, bits & (1 << 56 - 1))
                // The octet goes, and what is in front of it moves up to what is behind it.
                bits = front << 64 | back << 8
            }
            let found = UInt32(truncatingIfNeeded: bits >> UInt128(96 - offset))
            return IPAddress(version4: isInverted ? ~found : found)
        }
    }

    /// Beside mapped ones, which are IPv4 addresses to us: compatible (RFC 4291 2.5.5.1), IPv4-translated
    /// (RFC 2765 2.1), translated by the well-known prefix (RFC 6052 2.1) and by those of a network's own,
    /// whose length it may choose (RFC 8215, RFC 6052 2.2), 6to4 (RFC 3056 2), Teredo's server and client
    /// (RFC 4380 4).
    private static let embeddings: [Embedding] = [
        Embedding(range: "::/96", offset: 96), Embedding(range: "::ffff:0:0:0/96", offset: 96),
        Embedding(range: "64:ff9b::/96", offset: 96),
        Embedding(range: "64:ff9b:1::/48", offset: 96),
        Embedding(range: "64:ff9b:1::/48", offset: 48, skipsOctet: true),
        Embedding(range: "64:ff9b:1::/48", offset: 56, skipsOctet: true),
        Embedding(range: "64:ff9b:1::/48", offset: 64, skipsOctet: true),
        Embedding(range: "2002::/16", offset: 16),
        Embedding(range: "2001::/32", offset: 32),
        Embedding(range: "2001::/32", offset: 96, isInverted: true),
    ]

    /// An interface id of ISATAP (RFC 5214 6.1), under whatever prefix: it ends with an IPv4 address.
    private static func isISATAP(_ address: IPAddress) -> Bool {
        !address.isVersion4 && (address.bits >> 32) & 0xFDFF_FFFF == 0x5EFE
    }
}
