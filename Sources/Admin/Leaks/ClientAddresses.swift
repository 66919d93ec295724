import Domain
import Gateway
import HTTPTypes
import Hummingbird
import NIOCore

/// Where a request of the router comes from, as the data path sees it: through trusted proxies only.
struct ClientAddresses: Sendable {
    private let proxies: TrustedProxies

    init(behind proxies: TrustedProxies) { self.proxies = proxies }

    /// nil where that is unknown.
    func address(of call: AdminCall) -> IPAddress? {
        let socket = call.context.channel?.remoteAddress?.ipAddress.flatMap { IPAddress($0) }
        guard let socket, proxies.contains(socket), let name = HTTPField.Name("x-forwarded-for") else {
            return socket
        }
        let lines = call.request.headers[values: name].map { Substring($0) }
        return lines.isEmpty ? socket : proxies.client(behind: socket, lines)
    }
}
