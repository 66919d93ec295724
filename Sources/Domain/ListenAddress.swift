/// Where the server listens: `127.0.0.1:8080`, `[::1]:8080`, `0.0.0.0:80`, `localhost:0` (a port of the
/// system's choice).
package struct ListenAddress: Hashable, Sendable, CustomStringConvertible {
    /// Without brackets.
    package var host: String
    package var port: Int

    package init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    /// nil where the text is not `host:port`.
    package init?(_ text: String) {
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]),
            text[text.index(after: colon)...].utf8.allSatisfy({ (0x30...0x39).contains($0) })
        else { return nil }
        var host = text[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = host.dropFirst().dropLast()
        } else if host.contains(":") {
            return nil
        }
        guard !host.isEmpty, host.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != 0x2F }) else {
            return nil
        }
        self.init(host: String(host), port: Int(port))
    }

    /// True where only this machine can connect.
    package var isLoopback: Bool {
        guard let address = IPAddress(host) else { return host == "localhost" }
        return address.isVersion4 ? UInt32(truncatingIfNeeded: address.bits) >> 24 == 127 : address.bits == 1
    }

    /// True of `0.0.0.0` and `::`: all addresses of this machine, and none that a client can open.
    package var isUnspecified: Bool {
        guard let address = IPAddress(host) else { return host == "0" }
        return address.bits == 0 || address == IPAddress(version4: 0)
    }

    package var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}
