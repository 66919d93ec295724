package import Domain
package import NIOCore

/// Who is at the other end of a connection's socket. Looked up once, so that a request costs nothing but
/// where it comes through a trusted proxy.
struct Peer {
    private let itself: Client
    private let isTrusted: Bool

    /// nil where the socket has no IP address.
    init?(_ socket: SocketAddress?, _ proxies: TrustedProxies) {
        guard let address = socket?.ipAddress.flatMap({ IPAddress($0) }) else { return nil }
        itself = Client(address)
        isTrusted = proxies.contains(address)
    }

    /// The address whose connections are counted; nil for a trusted proxy and for this machine, behind which
    /// are many.
    var countedAddress: IPAddress? { isTrusted || itself.kind == .loopback ? nil : itself.address }

    /// Whose request this is.
    func client(of head: borrowing RequestHead, _ proxies: TrustedProxies) -> Client {
        guard isTrusted else { return itself }
        let lines = head.bytes.withUnsafeReadableBytes { bytes in
            head.fields.filter { $0.name == .forwardedFor }
                .map { Substring(decoding: bytes[$0.value], as: UTF8.self) }
        }
        return lines.isEmpty ? itself : Client(proxies.client(behind: itself.address, lines))
    }
}

extension TrustedProxies {
    /// The same for a request of the router's: who asks, nil where the socket has no IP address.
    ///
    /// - Parameter lines: the values of the `X-Forwarded-For` fields, in their order.
    package func client(connectedFrom socket: SocketAddress?, forwardedFor lines: [Substring]) -> IPAddress? {
        guard let address = socket?.ipAddress.flatMap({ IPAddress($0) }) else { return nil }
        return contains(address) ? client(behind: address, lines) : address
    }
}
