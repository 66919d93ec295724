import Domain
import Hummingbird
import Storage
import Vault

/// `/manage/tokens`: issuing, listing, changing and revoking access tokens.
struct AccessTokenRoutes {
    let control: ControlPlane

    var routes: [Route] {
        [
            Route(.post, "/manage/tokens", .management(.issue, issue), replay: .made(show)),
            Route(.get, "/manage/tokens", .management(.read, list)),
            Route(.get, "/manage/tokens/{id}", .management(.read, show)),
            Route(.patch, "/manage/tokens/{id}", .management(.issue, update), state: show),
            Route(.post, "/manage/tokens/{id}/revoke", .management(.issue, revoke)),
            Route(
                .post, "/manage/tokens/{id}/limits/top-up", .management(.issue, topUp), replay: .same(show)),
            Route(.post, "/manage/tokens/{id}/limits/reset", .management(.issue, reset)),
        ]
    }

    private func issue(_ call: AdminCall, by caller: Operator) async throws -> Response {
        let body = try await call.body(IssueAccessTokenRequest.self)
        let name = try Label(wire: body.name)
        let lifetime = try lifetime(body.expiry)
        let grants = try body.grants.changes()
        let limits = try LimitSet(wire: body.limits) ?? .none
        let project: Project
        do {
            project = try await control.project(body.project, for: caller)
        } catch let problem as Problem where problem.status == 404 {
            throw Problem.invalid("project", "there is no such project")
        }
        let issued = try await control.issueAccessToken(
            for: project.id, name: name, lifetime: lifetime, grants: grants, limits: limits,
            isHoney: body.isHoney, by: caller.principal)
        var resource = resource(of: issued.accessToken, at: issued.accessToken.createdAt)
        resource.token = issued.text.reveal()
        return try Answer.json(resource, status: .created)
    }

    private func update(_ call: AdminCall, by caller: Operator) async throws -> Response {
        let body = try await call.body(UpdateAccessTokenRequest.self)
        let change = AccessTokenChange(
            name: try body.name.map { try Label(wire: $0) }, lifetime: try body.expiry.map(lifetime),
            grants: try body.grants.changes(), limits: try LimitSet(wire: body.limits))
        let id = try await accessToken(call, caller).id
        return try answer(try await control.updateAccessToken(id, change, by: caller.principal))
    }

    private func lifetime(_ expiry: ExpiryField) throws(Problem) -> Lifetime {
        switch expiry {
        case .never: return .endless
        case .after(let seconds):
            guard (1...Lifetime.longest).contains(seconds) else {
                throw .invalid("expires_in", "it has to be a number of seconds from 1 to \(Lifetime.longest)")
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

    private func list(_ call: AdminCall, by caller: Operator) async throws -> Response {
        let parameters = try call.query(PageQuery.names.union(["project"]))
        let query = try PageQuery(parameters)
        let cursor = try query.cursor(AccessTokenID.init)
        var project = caller.project
        if let reference = parameters["project"] {
            project = try await control.project(reference, for: caller).id
        }
        let page = try await control.store.listAccessTokens(of: project, after: cursor, limit: query.limit)
        let now = control.now()
        return try Answer.json(
            PageResource(
                items: page.items.map { resource(of: $0, at: now) },
                nextCursor: page.hasMore ? page.items.last?.id.rawValue : nil))
    }

    private func show(_ call: AdminCall, by caller: Operator) async throws -> Response {
        try answer(try await accessToken(call, caller))
    }

    private func revoke(_ call: AdminCall, by caller: Operator) async throws -> Response {
        let id = try await accessToken(call, caller).id
        return try answer(try await control.revokeAccessToken(id, by: caller.principal))
    }

    private func topUp(_ call: AdminCall, by caller: Operator) async throws -> Response {
        let (id, amount) = try await call.body(TopUpLimitRequest.self).parsed()
        let accessToken = try await accessToken(call, caller)
        try await control.topUpLimit(id, of: accessToken.limitSubject, by: amount, by: caller.principal)
        return try answer(accessToken)
    }

    private func reset(_ call: AdminCall, by caller: Operator) async throws -> Response {
        let id = try LimitID(wire: try await call.body(ResetLimitRequest.self).limit)
        let accessToken = try await accessToken(call, caller)
        try await control.resetLimit(id, of: accessToken.limitSubject, by: caller.principal)
        return try answer(accessToken)
    }

    private func answer(_ accessToken: AccessToken) throws -> Response {
        try Answer.json(resource(of: accessToken, at: control.now()))
    }

    private func resource(of accessToken: AccessToken, at now: Timestamp) -> AccessTokenResource {
        AccessTokenResource(
            accessToken, limits: control.limitStates(of: accessToken.limitSubject), at: now)
    }

    private func accessToken(_ call: AdminCall, _ caller: Operator) async throws -> AccessToken {
        try await control.accessToken(call.parameter("id"), for: caller)
    }
}

extension AccessTokenResource {
    init(_ accessToken: AccessToken, limits: [LimitState], at now: Timestamp) {
        let grants = accessToken.grants
        self.init(
            id: accessToken.id.rawValue, project: accessToken.project.rawValue,
            name: accessToken.name.rawValue,
            status: accessToken.status(at: now).rawValue, createdAt: accessToken.createdAt.rfc3339,
            expiresAt: accessToken.expiresAt?.rfc3339, revokedAt: accessToken.revokedAt?.rfc3339,
            lastUsedAt: accessToken.lastUsedAt?.rfc3339, models: grants.models?.map(\.description),
            endpoints: grants.endpoints?.map(\.rawValue).sorted(),
            networks: grants.networks?.map(\.description), notBefore: grants.notBefore?.rfc3339,
            idleExpiresIn: grants.idleSeconds, outputCap: grants.outputCap?.description,
            limits: limits.map { LimitResource($0) }, honey: accessToken.isHoney)
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
