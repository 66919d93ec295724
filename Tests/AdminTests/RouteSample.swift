/// A request of one route that a caller with every right may make, over what ``RouteSample/Ground`` has
/// prepared.
///
/// In `path` and `body`, `TOKEN` stands for the id of an access token of the project `acme`, `TURNED` for
/// that of one that can be rotated, `ENDED` for that of one that is revoked, `CREDENTIAL` for that of a
/// retired credential, `INVITATION` for that of an invitation, all of that project, and `KEY` for that of a
/// management key.
struct RouteSample {
    /// What a key of another project gets where the route is one of projects.
    enum Elsewhere: Int {
        /// It is not there.
        case missing = 404
        /// The body or the query names what is not there.
        case invalid = 422
        /// The answer leaves out what is not its project's, or tells nothing of any.
        case filtered = 200
    }

    let route: String
    let path: String
    let body: String?
    /// Of the body.
    let type: String
    let status: Int
    let elsewhere: Elsewhere

    init(
        _ route: String, _ path: String? = nil, _ body: String? = nil, type: String = "application/json",
        status: Int = 200,
        elsewhere: Elsewhere = .filtered
    ) {
        self.route = route
        self.path = path ?? String(route.split(separator: " ")[1])
        self.body = body
        self.type = type
        self.status = status
        self.elsewhere = elsewhere
    }

    /// One for every route there is.
    static let all: [RouteSample] = [
        RouteSample("GET /live"),
        RouteSample("GET /ready"),
        RouteSample("GET /health"),
        RouteSample("GET /metrics"),
        RouteSample("GET /manage/openapi.json"),
        RouteSample("GET /manage/docs"),
        RouteSample("GET /manage/docs/page.js"),
        RouteSample("GET /manage/docs/page.css"),

        RouteSample(
            "POST /manage/projects", "/manage/projects", #"{"name":"new","upstream_url":"dummy:"}"#,
            status: 201),
        RouteSample("GET /manage/projects"),
        RouteSample("GET /manage/projects/{id}", "/manage/projects/acme", elsewhere: .missing),
        RouteSample(
            "PATCH /manage/projects/{id}", "/manage/projects/acme", #"{"time_zone":"UTC"}"#,
            elsewhere: .missing),
        RouteSample(
            "POST /manage/projects/{id}/upstream/check", "/manage/projects/acme/upstream/check",
            elsewhere: .missing),
        RouteSample(
            "PUT /manage/projects/{id}/credential", "/manage/projects/acme/credential", #"{"key":"sk-x"}"#,
            elsewhere: .missing),
        RouteSample(
            "POST /manage/projects/{id}/limits/top-up", "/manage/projects/acme/limits/top-up",
            #"{"limit":"requests/day","amount":1}"#, elsewhere: .missing),
        RouteSample(
            "POST /manage/projects/{id}/limits/reset", "/manage/projects/acme/limits/reset",
            #"{"limit":"requests/day"}"#, elsewhere: .missing),

        RouteSample(
            "POST /manage/tokens", "/manage/tokens", #"{"project":"acme","name":"n","expires_in":9}"#,
            status: 201,
            elsewhere: .invalid),
        RouteSample("GET /manage/tokens"),
        RouteSample("GET /manage/tokens/{id}", "/manage/tokens/TOKEN", elsewhere: .missing),
        RouteSample(
            "PATCH /manage/tokens/{id}", "/manage/tokens/TOKEN", #"{"name":"n"}"#, elsewhere: .missing),
        RouteSample(
            "POST /manage/tokens/{id}/revoke", "/manage/tokens/TOKEN/revoke", elsewhere: .missing),
        RouteSample(
            "POST /manage/tokens/{id}/limits/top-up", "/manage/tokens/TOKEN/limits/top-up",
            #"{"limit":"requests/day","amount":1}"#, elsewhere: .missing),
        RouteSample(
            "POST /manage/tokens/{id}/limits/reset", "/manage/tokens/TOKEN/limits/reset",
            #"{"limit":"requests/day"}"#, elsewhere: .missing),
        RouteSample(
            "POST /manage/tokens/{id}/explain", "/manage/tokens/TOKEN/explain", "{}", elsewhere: .missing),

        RouteSample("POST /manage/tokens/{id}/suspend", "/manage/tokens/TOKEN/suspend", elsewhere: .missing),
        RouteSample("POST /manage/tokens/{id}/resume", "/manage/tokens/TOKEN/resume", elsewhere: .missing),
        RouteSample(
            "POST /manage/tokens/{id}/rotate", "/manage/tokens/TURNED/rotate", "{}", status: 201,
            elsewhere: .missing),
        RouteSample(
            "POST /manage/tokens/{id}/reissue", "/manage/tokens/ENDED/reissue", status: 201,
            elsewhere: .missing),
        RouteSample(
            "POST /manage/tokens/bulk-revoke", "/manage/tokens/bulk-revoke",
            #"{"filter":{"project":"acme","name":"none"},"dry_run":false}"#, elsewhere: .invalid),

        RouteSample(
            "POST /manage/projects/{id}/credentials", "/manage/projects/acme/credentials",
            #"{"name":"n","key":"sk-x"}"#, status: 201, elsewhere: .missing),
        RouteSample(
            "GET /manage/projects/{id}/credentials", "/manage/projects/acme/credentials",
            elsewhere: .missing),
        RouteSample(
            "GET /manage/projects/{id}/credentials/{credential}",
            "/manage/projects/acme/credentials/CREDENTIAL", elsewhere: .missing),
        RouteSample(
            "POST /manage/projects/{id}/credentials/{credential}/activate",
            "/manage/projects/acme/credentials/CREDENTIAL/activate", "{}", elsewhere: .missing),
        RouteSample(
            "DELETE /manage/projects/{id}/credentials/{credential}",
            "/manage/projects/acme/credentials/CREDENTIAL", elsewhere: .missing),

        RouteSample(
            "POST /manage/invitations", "/manage/invitations",
            #"{"project":"acme","name":"n","token_expires_in":9}"#, status: 201, elsewhere: .invalid),
        RouteSample("GET /manage/invitations"),
        RouteSample(
            "GET /manage/invitations/{id}", "/manage/invitations/INVITATION", elsewhere: .missing),
        RouteSample(
            "POST /manage/invitations/{id}/revoke", "/manage/invitations/INVITATION/revoke",
            elsewhere: .missing),
        RouteSample("GET /claim"),
        RouteSample("GET /claim/claim.css"),
        RouteSample("GET /claim/claim.js"),
        RouteSample("POST /claim/preview", "/claim/preview", #"{"secret":"lki_x"}"#, status: 404),
        RouteSample("POST /claim", "/claim", #"{"secret":"lki_x"}"#, status: 404),

        RouteSample("POST /manage/keys", "/manage/keys", #"{"name":"k","role":"read"}"#, status: 201),
        RouteSample("GET /manage/keys"),
        RouteSample("GET /manage/keys/{id}", "/manage/keys/KEY"),
        RouteSample("POST /manage/keys/{id}/revoke", "/manage/keys/KEY/revoke"),

        RouteSample("GET /manage/prices"),
        RouteSample("GET /manage/prices/{model}", "/manage/prices/gpt-4.1"),
        RouteSample(
            "PUT /manage/prices/{model}", "/manage/prices/gpt-4.1",
            #"{"prompt":"1.00","completion":"1.00"}"#),
        RouteSample("DELETE /manage/prices/{model}", "/manage/prices/gpt-4.1"),

        RouteSample("GET /manage/usage", "/manage/usage?project=acme", elsewhere: .invalid),

        RouteSample("GET /manage/audit"),
        RouteSample("GET /manage/audit/export"),
        RouteSample("GET /manage/audit/head"),
        RouteSample("POST /manage/audit/verify"),
        RouteSample("POST /manage/backups", status: 201),
        RouteSample("GET /manage/backups"),
        RouteSample("GET /manage/backups/{name}", "/manage/backups/latchkey-1.db", status: 404),
        RouteSample("DELETE /manage/backups/{name}", "/manage/backups/latchkey-1.db", status: 404),
        // The fixture's master key is the operator's to change.
        RouteSample("POST /manage/master-key/rotate", status: 409),
        RouteSample("POST /manage/tokens/revoke-leaked", nil, "a text", type: "text/plain"),
        RouteSample(
            "POST /revoke", nil,
            #"{"token":"lk_000000000001_003aUlTJC7tjlCTQj2uNU3MFagCXG9LRKRcwGkBIDlf3vzhO3"}"#, status: 202),
        // Its authentication is a signature.
        RouteSample("POST /hooks/github/secret-scanning", nil, "{}", status: 401),

        RouteSample("GET /manage/alarms"),
        RouteSample("POST /manage/alarms/test", status: 202),

        RouteSample("GET /me"),
        RouteSample("GET /me/explain"),
    ]
}
