/// Where a client is, as coarsely as a ledger may know it.
package enum ClientClass: String, CaseIterable, Hashable, Sendable {
    case loopback
    /// Of a network that is not routed: RFC 1918, RFC 4193, link-local, and 100.64.0.0/10 (RFC 6598).
    case privateNetwork = "private"
    case publicNetwork = "public"
    /// The address was not told.
    case unknown

    private static let loopbackRanges: [AddressRange] = ["127.0.0.0/8", "::1"]
    private static let privateRanges: [AddressRange] = [
        "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "100.64.0.0/10", "fc00::/7",
        "fe80::/10",
    ]

    package init(of address: IPAddress?) {
        guard let address else {
            self = .unknown
            return
        }
        if Self.loopbackRanges.contains(where: { $0.contains(address) }) {
            self = .loopback
        } else if Self.privateRanges.contains(where: { $0.contains(address) }) {
            self = .privateNetwork
        } else {
            self = .publicNetwork
        }
    }
}
