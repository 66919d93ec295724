package import Domain
import Gateway
package import HTTPTypes
import Hummingbird

/// One operation of the management API: method, path, who may call it, and what it does.
///
/// There is no route without a declared authentication: the handler of a management route cannot be written
/// without its least role and the operator that it is handed, and that of an access token's holder not
/// without the holder.
package struct Route: Sendable {
    /// What a management route is about.
    package enum Scope: Sendable {
        /// Something of a project, or nothing that is secret between projects: its handler shows and changes
        /// nothing beyond the operator's reach.
        case project
        /// All projects, or what belongs to none: not for a key of one project.
        case instance
    }

    /// Where it is found when operators have a listener of their own; without one all is found on the only
    /// one.
    package enum Plane: Hashable, Sendable {
        /// With `/v1`: what holders of access tokens and strangers ask for.
        case clients
        /// What operators and their monitors ask for.
        case operators
        case both
    }

    package enum Authentication: Hashable, Sendable {
        case anyone, accessToken
        case management(Role, of: Scope)
    }

    enum Handler: Sendable {
        case anyone(@Sendable (AdminCall) async throws -> Response)
        /// Answered as OpenAI does where it is refused.
        case accessToken(@Sendable (AdminCall, Holder) async throws -> Response)
        /// The role is the least that may call it.
        case management(
            Role, of: Scope = .project, @Sendable (AdminCall, Operator) async throws -> Response)
    }

    package let method: HTTPRequest.Method
    /// With parameters in braces: `/manage/projects/{id}`.
    package let path: String
    package let plane: Plane
    let handler: Handler
    /// How it answers what it did already; nil takes no `Idempotency-Key`.
    let replay: Replay?
    /// The change that it makes looks at the context's ``IfMatch``.
    let takesIfMatch: Bool

    /// - Parameter plane: nil is where its callers are: a management key's with the operators, anyone else's
    ///   with the clients.
    init(
        _ method: HTTPRequest.Method, _ path: String, on plane: Plane? = nil, _ handler: Handler,
        replay: Replay? = nil, takesIfMatch: Bool = false
    ) {
        self.method = method
        self.path = path
        self.handler = handler
        self.replay = replay
        self.takesIfMatch = takesIfMatch
        let own: Plane =
            switch handler {
            case .anyone, .accessToken: .clients
            case .management: .operators
            }
        self.plane = plane ?? own
    }

    /// True where a listener of this plane has it; one of both has all.
    func isFound(on listener: Plane) -> Bool { listener == .both || plane == .both || plane == listener }

    package var authentication: Authentication {
        switch handler {
        case .anyone: .anyone
        case .accessToken: .accessToken
        case .management(let role, let scope, _): .management(role, of: scope)
        }
    }

    /// True where an access token is asked for.
    var isHolders: Bool { authentication == .accessToken }

    /// True where a management key is asked for.
    package var isManaged: Bool {
        switch authentication {
        case .anyone, .accessToken: false
        case .management: true
        }
    }
}
