import Domain
import Gateway
package import HTTPTypes
import Hummingbird

/// One operation of the management API: method, path, who may call it, and what it does.
///
/// There is no route without a declared authentication: the handler of a management route cannot be written
/// without the principal that it is handed, and that of an access token's holder not without the holder.
package struct Route: Sendable {
    package enum Authentication: Sendable { case anyone, accessToken, management }

    enum Handler: Sendable {
        case anyone(@Sendable (AdminCall) async throws -> Response)
        /// Answered as OpenAI does where it is refused.
        case accessToken(@Sendable (AdminCall, Holder) async throws -> Response)
        case management(@Sendable (AdminCall, Principal) async throws -> Response)
    }

    package let method: HTTPRequest.Method
    /// With parameters in braces: `/manage/projects/{id}`.
    package let path: String
    let handler: Handler

    init(_ method: HTTPRequest.Method, _ path: String, _ handler: Handler) {
        self.method = method
        self.path = path
        self.handler = handler
    }

    package var authentication: Authentication {
        switch handler {
        case .anyone: .anyone
        case .accessToken: .accessToken
        case .management: .management
        }
    }
}
