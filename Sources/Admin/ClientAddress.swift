package import Domain
import HTTPTypes

/// Where the holders of access tokens reach the server, as far as it knows: `LATCHKEY_PUBLIC_URL`, else the
/// address of its listener, else (where that is every address of the machine, `0.0.0.0`, which nobody can
/// open) the host by which the request itself came.
package struct ClientAddress: Sendable {
    /// An origin, `https://llm.example.com`; nil where the setting is empty.
    private let publicURL: String?
    /// True where clients may need another address than the one that is told.
    let isAssumed: Bool
    /// True where the clients' listener has `/manage` too.
    private let isShared: Bool
    /// The clients' listener; its port is known once it listens.
    private let listener: @Sendable () -> ListenAddress

    package init(
        publicURL: String?, isAssumed: Bool, isShared: Bool, listener: @escaping @Sendable () -> ListenAddress
    ) {
        self.publicURL = publicURL
        self.isAssumed = isAssumed
        self.isShared = isShared
        self.listener = listener
    }

    /// The origin, `http://10.0.0.5:8080`, without a slash at the end.
    func origin(asSeenBy request: HTTPRequest) -> String {
        let isToOperators = !isShared && request.path?.hasPrefix("/manage/") == true
        return origin(asSeenBy: request, onOperatorsListener: isToOperators)
    }

    private func origin(asSeenBy request: HTTPRequest, onOperatorsListener isToOperators: Bool) -> String {
        if let publicURL { return publicURL }
        let listener = listener()
        guard listener.isUnspecified else { return "http://\(listener)" }
        guard let authority = request.authority, let host = Self.host(of: authority) else {
            return "http://localhost:\(listener.port)"
        }
        // Of a request to the operators' listener only the host is of use.
        return isToOperators ? "http://\(host):\(listener.port)" : "http://\(authority)"
    }

    /// What clients take as base URL.
    func baseURL(asSeenBy request: HTTPRequest) -> String { origin(asSeenBy: request) + "/v1" }

    /// The same for a request that came to the operators' listener, whatever its path.
    func baseURL(asSeenBy request: HTTPRequest, onOperatorsListener: Bool) -> String {
        origin(asSeenBy: request, onOperatorsListener: onOperatorsListener) + "/v1"
    }

    /// The host of a `Host` header, in its brackets where it has them; nil where it is none that can be in a
    /// URL.
    private static func host(of authority: String) -> String? {
        let match = authority.wholeMatch(of: /([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]+)?/)
        return match.map { String($0.1) }
    }
}
