import Domain
import Foundation
import Gateway
import HTTPTypes
import Hummingbird
import Vault

/// What whoever finds an access token may do about it: `/revoke` for anyone, and GitHub's secret scanning at
/// `/hooks/github/secret-scanning`.
///
/// Neither answer tells whether there is such an access token: `/revoke` answers the same after the same
/// time.
struct LeakReportingRoutes {
    /// How long `/revoke` takes at least: longer than a revocation does.
    static let answerTime = Duration.milliseconds(250)
    /// Of `/revoke`, for each address.
    static let attemptsPerMinute = 10

    let desk: LeakDesk
    /// What GitHub signs with; nil: there is no such webhook.
    let githubSecret: Secret?
    private let attempts = AttemptLimit(perMinute: attemptsPerMinute)

    init(desk: LeakDesk, githubSecret: Secret?) {
        self.desk = desk
        self.githubSecret = githubSecret
    }

    var routes: [Route] {
        [
            Route(.post, "/revoke", .anyone(revokeOwn)),
            Route(.post, "/hooks/github/secret-scanning", .anyone(githubAlert)),
        ]
    }

    private func revokeOwn(_ call: AdminCall) async throws -> Response {
        let start = ContinuousClock.now
        if let wait = attempts.refusal(of: call.client, at: desk.control.now()) {
            var response = Answer.problem(.tooManyAttempts)
            response.headers[.retryAfter] = String(wait)
            return response
        }
        let search = try await accessToken(of: call)
        guard search.hashes.count == 1 else { throw Problem.noAccessToken }
        try await desk.revokeAll(in: search, by: .holder, from: call.client)
        try await Task.sleep(until: start + Self.answerTime)
        return try Answer.json(RevokeOwnResource(), status: .accepted)
    }

    /// The body's, else the Bearer.
    private func accessToken(of call: AdminCall) async throws -> LeakSearch {
        var text: String
        if call.request.headers[.contentType] != nil {
            text = try await call.body(RevokeOwnRequest.self).token
        } else {
            let values = call.request.headers[values: .authorization]
            guard values.count == 1, let value = values.first, value.prefix(7).lowercased() == "bearer "
            else { throw Problem.noAccessToken }
            text = String(value.dropFirst(7))
        }
        var search = desk.search()
        text.withUTF8 { bytes in
            let bytes = UnsafeRawBufferPointer(bytes)
            if CredentialFormat.isWellFormed(bytes, kind: .accessToken) { search.scan(bytes) }
        }
        return search
    }

    private func githubAlert(_ call: AdminCall) async throws -> Response {
        guard let githubSecret else { throw Problem.notFound }
        let body = try await call.bytes(upTo: AdminCall.maximumBody)
        guard let signature = call.request.headers[.hubSignature],
            WebhookSignature.isValid(signature, of: body, under: githubSecret)
        else { throw Problem.wrongSignature }
        switch call.request.headers[.githubEvent] {
        case "ping": return try Answer.json(RevokeOwnResource(status: "ok"))
        case "secret_scanning_alert":
            let alert = try? JSONDecoder().decode(GitHubAlert.self, from: Data(body))
            guard let alert else { throw Problem.malformedBody }
            guard alert.tellsOfALeak else { break }
            // The alert's own field for it, and wherever else it may stand.
            var search = desk.search()
            body.withUnsafeBytes { search.scan($0) }
            try await desk.revokeAll(in: search, by: .github, from: call.client)
        default: break
        }
        return try Answer.json(RevokeOwnResource(), status: .accepted)
    }
}

/// What is read of GitHub's event `secret_scanning_alert`.
private struct GitHubAlert: Decodable {
    let action: String

    var tellsOfALeak: Bool { ["created", "reopened", "publicly_leaked"].contains(action) }
}

extension Problem {
    fileprivate static let tooManyAttempts = Problem(
        "too_many_attempts", "Too many attempts", status: 429,
        detail: "This address may try again in a minute.")
    fileprivate static let noAccessToken = Problem(
        "malformed_token", "Malformed access token", status: 400,
        detail: #"Send one access token, as 'Authorization: Bearer lk_…' or as {"token": "lk_…"}."#)
    fileprivate static let wrongSignature = Problem(
        "unauthorized", "Not authorized", status: 401,
        detail: "X-Hub-Signature-256 is not that of the body under the webhook's secret.")
}

extension HTTPField.Name {
    // The literals are valid field names.
    // swift-format-ignore: NeverForceUnwrap
    fileprivate static let hubSignature = HTTPField.Name("x-hub-signature-256")!
    // swift-format-ignore: NeverForceUnwrap
    fileprivate static let githubEvent = HTTPField.Name("x-github-event")!
}
