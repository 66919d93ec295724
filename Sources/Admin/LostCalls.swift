import Domain
import Gateway
import HTTPTypes

/// Tells calls of the API that went astray, because of a wrong base URL, from other requests for what is not
/// there: those are answered as the API would, for their clients show nothing of a problem document, and are
/// told what to set.
struct LostCalls: Sendable {
    enum Place: Sendable {
        case sameListener(APIBaseURL)
        /// The API is served at another address than the one that was called.
        case otherListener(ClientAddress)
    }

    private let place: Place
    private let routerOwn: Set<String>

    /// - Parameter routerOwn: the first segments of the router's own paths, below which nothing is taken for
    ///   a call of the API.
    init(_ place: Place, routerOwn: Set<String>) {
        self.place = place
        self.routerOwn = routerOwn
    }

    /// nil where it does not look like one. No route was found for it.
    func rejection(of head: HTTPRequest) -> Rejection? {
        let path = head.path ?? "/"
        let first = path.dropFirst().prefix { $0 != "/" && $0 != "?" }
        guard !routerOwn.contains(String(first)) else { return nil }
        switch place {
        case .sameListener(let baseURL):
            guard APIPaths.areMeant(within: path) || Self.hasAccessToken(head) else { return nil }
            return .unknownURL(WrongPath(.elsewhere, baseURL: baseURL.text(calledAs: head.authority)))
        case .otherListener(let clients):
            guard
                APIPaths.areMeant(by: path) || APIPaths.areMeant(within: path) || Self.hasAccessToken(head)
            else { return nil }
            let baseURL = clients.baseURL(asSeenBy: head, onOperatorsListener: true)
            return .unknownURL(WrongPath(.otherListener, baseURL: baseURL))
        }
    }

    private static func hasAccessToken(_ head: HTTPRequest) -> Bool {
        guard let value = head.headerFields[.authorization] else { return false }
        return value.prefix(7).lowercased() == "bearer "
            && value.dropFirst(7).drop { $0 == " " }.hasPrefix("lk_")
    }
}
