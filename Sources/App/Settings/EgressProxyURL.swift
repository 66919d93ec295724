import Domain
import Vault

/// The proxy that connections to upstreams are made through: `http://`, `https://` (HTTP CONNECT),
/// `socks5://` or `socks5h://`, with a host and a port, and perhaps a user name and a password in front of
/// them.
package struct EgressProxyURL: Sendable {
    /// All of it, NUL-terminated.
    let text: Secret
    private let scheme: String
    /// Its host and port.
    package let authority: String
    /// What may be shown: without user name and password.
    package var description: String { "\(scheme)://\(authority)" }

    private static let schemes = ["http", "https", "socks5", "socks5h"]
    private static let maximum = 2048

    init(parsing secret: Secret) throws(InvalidSetting) {
        (scheme, authority) = try secret.withUnsafeBytes { bytes throws(InvalidSetting) in
            guard bytes.count <= Self.maximum, bytes.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != 0x5C })
            else {
                throw InvalidSetting("it must be printable ASCII without spaces or backslashes")
            }
            guard let colon = bytes.firstIndex(of: 0x3A), bytes[colon...].starts(with: "://".utf8),
                case let scheme = String(decoding: bytes[..<colon], as: UTF8.self).lowercased(),
                Self.schemes.contains(scheme)
            else { throw InvalidSetting("it must begin with http://, https://, socks5:// or socks5h://") }
            var rest = bytes[(colon + 3)...]
            if rest.last == 0x2F { rest.removeLast() }
            // What is in front of the last @ is secret, and is not made a String of.
            if let at = rest.lastIndex(of: 0x40) {
                guard !rest[..<at].contains(where: { "/?#@".utf8.contains($0) }) else {
                    throw InvalidSetting(
                        "a '/', '?', '#' or '@' in its password must be escaped: %2F, %3F, %23, %40")
                }
                rest = rest[(at + 1)...]
            }
            let authority = String(decoding: rest, as: UTF8.self)
            guard !authority.contains(where: { "/?#".contains($0) }) else {
                throw InvalidSetting("it must have no path, query or fragment")
            }
            guard authority.last?.isNumber == true, authority.contains(":"), !authority.hasSuffix("]") else {
                throw InvalidSetting("it must name a host and a port, as http://proxy.example.com:3128")
            }
            do throws(UpstreamURL.Malformed) {
                _ = try UpstreamURL(parsing: "http://\(authority)")
            } catch {
                throw InvalidSetting(error.reason)
            }
            return (scheme, authority.lowercased())
        }
        text = Secret(byteCount: secret.byteCount + 1) { target in
            secret.withUnsafeBytes { target.copyBytes(from: $0) }
            target[target.count - 1] = 0
        }
    }
}
