import Domain
import NIOCore

/// Who is at the other end of a connection's socket. Looked up once, so that a request costs nothing but where
/// it comes through a trusted proxy.
struct Peer {
    private let address: IPAddress
    /// As the access log has it.
    private let text: String
    private let isTrusted: Bool

    /// nil where the socket has no IP address.
    init?(_ socket: SocketAddress?, _ proxies: TrustedProxies) {
        guard let address = socket?.ipAddress.flatMap({ IPAddress($0) }) else { return nil }
        self.address = address
        text = address.description
        isTrusted = proxies.contains(address)
    }

    /// Whose request this is, in canonical text.
    func client(of head: RequestHead, _ proxies: TrustedProxies) -> String {
        guard isTrusted else { return text }
        let lines = head.bytes.withUnsafeReadableBytes { bytes in
            head.fields.filter { $0.name == .forwardedFor }
                .map { Substring(decoding: bytes[$0.value], as: UTF8.self) }
        }
        return lines.isEmpty ? text : proxies.client(behind: address, lines).description
    }
}
