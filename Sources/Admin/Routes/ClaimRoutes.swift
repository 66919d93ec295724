import Domain
import Hummingbird
import Vault
import Web

/// `/claim`: the page that an invitation's link opens, and what its button calls.
///
/// The secret stands in the link's fragment, which browsers send to nobody: it travels in the body of `POST /claim`
/// alone. Opening the page mints nothing, so a preview of the link uses nothing up.
struct ClaimRoutes {
    /// Claims of one address.
    static let attemptsPerMinute = 10

    let control: ControlPlane
    /// Where clients find the server.
    let publicURL: String
    private let attempts = AttemptLimit(perMinute: attemptsPerMinute)

    init(control: ControlPlane, publicURL: String) {
        self.control = control
        self.publicURL = publicURL
    }

    var routes: [Route] {
        [
            Route(.get, "/claim", .anyone { _ in Answer.page(.claimPage) }),
            Route(.get, "/claim/claim.css", .anyone { _ in Answer.page(.claimStyle) }),
            Route(.get, "/claim/claim.js", .anyone { _ in Answer.page(.claimScript) }),
            Route(.post, "/claim", .anyone(claim)),
        ]
    }

    private func claim(_ call: AdminCall) async throws -> Response {
        if let wait = attempts.refusal(of: call.client, at: control.now()) {
            var response = Answer.problem(.tooManyClaims)
            response.headers[.retryAfter] = String(wait)
            return response
        }
        let secret = Secret(utf8: try await call.body(ClaimRequest.self).secret)
        let (accessToken, text) = try await control.claimInvitation(secret, from: call.client)
        let project = try await control.project(accessToken.project.rawValue)
        return try Answer.json(
            ClaimResource(
                id: accessToken.id.rawValue, name: accessToken.name.rawValue, project: project.name.rawValue,
                token: text.reveal(), baseURL: publicURL + "/v1", expiresAt: accessToken.expiresAt?.rfc3339),
            status: .created)
    }
}

extension Problem {
    fileprivate static let tooManyClaims = Problem(
        "too_many_attempts", "Too many attempts", status: 429,
        detail: "This address may try again in a minute.")
}
