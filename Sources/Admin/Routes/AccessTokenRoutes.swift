import Domain
import Hummingbird
import Storage
import Vault

/// `/manage/tokens`: issuing, listing and revoking access tokens.
struct AccessTokenRoutes {
    let control: ControlPlane

    var routes: [Route] {
        [
            Route(.post, "/manage/tokens", .management(issue)),
            Route(.get, "/manage/tokens", .management(list)),
            Route(.get, "/manage/tokens/{id}", .management(show)),
            Route(.post, "/manage/tokens/{id}/revoke", .management(revoke)),
        ]
    }

    private func issue(_ call: AdminCall, by principal: Principal) async throws -> Response {
        let body = try await call.body(IssueAccessTokenRequest.self)
        let name = try Label(wire: body.name)
        let lifetime = try lifetime(body.expiry)
        let project: Project
        do {
            project = try await control.project(body.project)
        } catch let problem as Problem where problem.status == 404 {
            throw Problem.invalid("project", "there is no such project")
        }
        let issued = try await control.issueAccessToken(
            for: project.id, name: name, lifetime: lifetime, by: principal)
        var resource = AccessTokenResource(issued.accessToken, at: issued.accessToken.createdAt)
        resource.token = issued.text.reveal()
        return try Answer.json(resource, status: .created)
    }

    /// A century: what is meant to be longer is meant to be `null`.
    private static let longest: Int64 = 36_525 * 86_400

    private func lifetime(_ expiry: IssueAccessTokenRequest.Expiry) throws(Problem) -> Lifetime {
        switch expiry {
        case .never: return .endless
        case .after(let seconds):
            guard (1...Self.longest).contains(seconds) else {
                throw .invalid("expires_in", "it has to be a number of seconds from 1 to \(Self.longest)")
            }
            return .seconds(seconds)
        case .at(let text):
            guard let moment = Timestamp(rfc3339: text) else {
                throw .invalid("expires_at", "it has to be an RFC 3339 time, as 2030-01-31T12:00:00Z")
            }
            guard moment > control.now() else { throw .invalid("expires_at", "it has to lie in the future") }
            return .until(moment)
        }
    }

    private func list(_ call: AdminCall, by _: Principal) async throws -> Response {
        let parameters = try call.query(PageQuery.names.union(["project"]))
        let query = try PageQuery(parameters)
        let cursor = try query.cursor(AccessTokenID.init)
        var project: ProjectID?
        if let reference = parameters["project"] { project = try await control.project(reference).id }
        let page = try await control.store.listAccessTokens(of: project, after: cursor, limit: query.limit)
        let now = control.now()
        return try Answer.json(
            PageResource(
                items: page.items.map { AccessTokenResource($0, at: now) },
                nextCursor: page.hasMore ? page.items.last?.id.rawValue : nil))
    }

    private func show(_ call: AdminCall, by _: Principal) async throws -> Response {
        guard let accessToken = try await control.store.accessToken(id(call)) else {
            throw Problem.noSuch("access token")
        }
        return try Answer.json(AccessTokenResource(accessToken, at: control.now()))
    }

    private func revoke(_ call: AdminCall, by principal: Principal) async throws -> Response {
        let id = try id(call)
        guard try await control.store.accessToken(id) != nil else { throw Problem.noSuch("access token") }
        let accessToken = try await control.revokeAccessToken(id, by: principal)
        return try Answer.json(AccessTokenResource(accessToken, at: control.now()))
    }

    private func id(_ call: AdminCall) throws(Problem) -> AccessTokenID {
        guard let id = AccessTokenID(call.parameter("id")) else { throw .noSuch("access token") }
        return id
    }
}

extension AccessTokenResource {
    init(_ accessToken: AccessToken, at now: Timestamp) {
        self.init(
            id: accessToken.id.rawValue, project: accessToken.project.rawValue,
            name: accessToken.name.rawValue,
            status: accessToken.status(at: now).rawValue, createdAt: accessToken.createdAt.rfc3339,
            expiresAt: accessToken.expiresAt?.rfc3339, revokedAt: accessToken.revokedAt?.rfc3339)
    }
}

extension Label {
    /// The `name` of a request body.
    init(wire text: String) throws(Problem) {
        guard let label = Label(text) else { throw .invalid("name", "it has to be \(Label.rule)") }
        self = label
    }
}

extension Secret {
    /// The text of a credential, for the one answer that shows it.
    func reveal() -> String { withUnsafeBytes { String(decoding: $0, as: UTF8.self) } }
}
