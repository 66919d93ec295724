import Domain
import Hummingbird
import Vault
import Web

/// `/claim`: the page that an invitation's link opens, and what it calls.
///
/// The secret stands in the link's fragment, which browsers do not send: it travels in the bodies of `POST
/// /claim/preview` and `POST /claim` alone. Opening the page shows what the invitation is for and changes
/// nothing, so a chat program that opens links uses none up.
struct ClaimRoutes {
    /// Previews and claims of one address together: a recipient makes one of each.
    static let attemptsPerMinute = 20

    let control: ControlPlane
    let clients: ClientAddress
    private let attempts = AttemptLimit(perMinute: attemptsPerMinute)

    init(control: ControlPlane, clients: ClientAddress) {
        self.control = control
        self.clients = clients
    }

    var routes: [Route] {
        [
            Route(.get, "/claim", .anyone { _ in Answer.page(.claimPage) }),
            Route(.get, "/claim/claim.css", .anyone { _ in Answer.page(.claimStyle) }),
            Route(.get, "/claim/claim.js", .anyone { _ in Answer.page(.claimScript) }),
            Route(.post, "/claim/preview", .anyone(preview)),
            Route(.post, "/claim", .anyone(claim)),
        ]
    }

    /// What the address is told if it has to wait; nil if it may go on.
    private func refusal(of call: AdminCall) -> Response? {
        guard let wait = attempts.refusal(of: call.client, at: control.now()) else { return nil }
        var response = Answer.problem(.tooManyClaims)
        response.headers[.retryAfter] = String(wait)
        return response
    }

    private func preview(_ call: AdminCall) async throws -> Response {
        if let refusal = refusal(of: call) { return refusal }
        let secret = Secret(utf8: try await call.body(ClaimRequest.self).secret)
        return try Answer.json(InvitationPreviewResource(try await control.previewInvitation(secret)))
    }

    private func claim(_ call: AdminCall) async throws -> Response {
        if let refusal = refusal(of: call) { return refusal }
        let secret = Secret(utf8: try await call.body(ClaimRequest.self).secret)
        let (accessToken, text) = try await control.claimInvitation(secret, from: call.client)
        let project = try await control.project(accessToken.project.rawValue)
        return try Answer.json(
            ClaimResource(
                id: accessToken.id.rawValue, name: accessToken.name.rawValue, project: project.name.rawValue,
                token: text.reveal(), baseURL: clients.baseURL(asSeenBy: call.request.head),
                expiresAt: accessToken.expiresAt?.rfc3339),
            status: .created)
    }
}

extension Problem {
    fileprivate static let tooManyClaims = Problem(
        "too_many_attempts", "Too many attempts", status: 429,
        detail: "Too many attempts from this address. Try again in a minute.")
}
