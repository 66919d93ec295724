import Glibc

/// The URL of the proxy that connections to upstreams are made through, NUL-terminated, for it may hold a
/// password: in memory that `owner` keeps. libcurl knows its forms: `http://`, `https://` (HTTP CONNECT),
/// `socks5://`, `socks5h://`.
@safe
package struct EgressProxy: Sendable {
    /// Safe to share: nobody writes to it.
    nonisolated(unsafe) private let text: UnsafePointer<CChar>
    private let owner: any AnyObject & Sendable
    /// What goes to the proxy is encrypted, a connection to an upstream without TLS too.
    let isEncrypted: Bool
    /// Whose name is looked up for each connection.
    let host: String

    /// `text` stays valid and unchanged for as long as `owner` lives.
    package init(text: UnsafePointer<CChar>, host: String, owner: any AnyObject & Sendable) {
        unsafe self.text = text
        self.host = host
        isEncrypted = unsafe strncasecmp(text, "https:", 6) == 0
        self.owner = owner
    }

    func withText(_ body: (UnsafePointer<CChar>) -> Void) { unsafe body(text) }
}
