import Domain
import Hummingbird
import Storage
import Vault

/// `/manage/tokens`: issuing, listing, changing and revoking access tokens.
struct AccessTokenRoutes {
    let control: ControlPlane
    let clients: ClientAddress

    var routes: [Route] {
        [
            Route(.post, "/manage/tokens", .management(.issue, issue), replay: .made(show)),
            Route(.get, "/manage/tokens", .management(.read, list)),
            Route(.get, "/manage/tokens/{id}", .management(.read, show)),
            Route(.patch, "/manage/tokens/{id}", .management(.issue, update), takesIfMatch: true),
            Route(.post, "/manage/tokens/{id}/revoke", .management(.issue, revoke)),
            Route(
                .post, "/manage/tokens/{id}/limits/top-up", .management(.issue, topUp), replay: .same(show)),
            Route(.post, "/manage/tokens/{id}/limits/reset", .management(.issue, reset)),
        ]
    }

    private func issue(_ call: AdminCall, by caller: Operator) async throws -> Response {
        let body = try await call.body(IssueAccessTokenRequest.self)
        var order = try await control.order(
            body, lifetime: body.expiry.lifetime(at: control.now()), for: caller)
        order.description = try Description.change(wire: body.description) ?? nil
        order.isHoney = body.isHoney
        let issued = try await control.issueAccessToken(order, by: caller.context)
        var resource = control.newResource(of: issued.accessToken)
        resource.reveal(issued.text, for: clients, call)
        return try Answer.json(resource, status: .created)
    }

    private func update(_ call: AdminCall, by caller: Operator) async throws -> Response {
        let body = try await call.body(UpdateAccessTokenRequest.self)
        let now = control.now()
        var change = AccessTokenChange(
            name: try body.name.map { try Label(wire: $0) }, lifetime: try body.expiry?.lifetime(at: now),
            grants: try body.grants.changes(), limits: try LimitSet(wire: body.limits))
        change.owner = try body.holder.ownerChange()
        change.description = try Description.change(wire: body.description)
        let holder = body.holder
        let old = try await accessToken(call, caller)
        var grants = old.grants
        for change in change.grants { grants.apply(change) }
        try caller.require(toGrant: grants, besides: old.grants)
        let accessToken = try await control.updateAccessToken(
            old.id, change, labels: { try holder.labels(changing: $0) }, by: caller.context)
        return try await answer(accessToken)
    }

    private func list(_ call: AdminCall, by caller: Operator) async throws -> Response {
        let parameters = try call.query(ListQuery.names.union(AccessTokenFilterFields.names))
        let query = try ListQuery(parameters, by: [.name, .createdAt, .expiresAt, .lastUsedAt])
        let filter = try await control.filter(AccessTokenFilterFields(query: parameters), for: caller) {
            "?\($0)"
        }
        let now = control.now()
        let page = try await control.store.listAccessTokens(
            filter, by: query.order, after: query.place(AccessTokenID.self), limit: query.page.limit, at: now)
        let resources = try await control.resources(of: page.items, at: now)
        return try Answer.json(query.resource(of: page, resources))
    }

    private func show(_ call: AdminCall, by caller: Operator) async throws -> Response {
        try await answer(accessToken(call, caller))
    }

    private func revoke(_ call: AdminCall, by caller: Operator) async throws -> Response {
        let id = try await accessToken(call, caller).id
        return try await answer(control.revokeAccessToken(id, by: caller.context))
    }

    private func topUp(_ call: AdminCall, by caller: Operator) async throws -> Response {
        let (id, amount) = try await call.body(TopUpLimitRequest.self).parsed()
        let accessToken = try await accessToken(call, caller)
        try await control.topUpLimit(id, of: accessToken.limitSubject, by: amount, by: caller.context)
        return try await answer(accessToken)
    }

    private func reset(_ call: AdminCall, by caller: Operator) async throws -> Response {
        let id = try LimitID(wire: try await call.body(ResetLimitRequest.self).limit)
        let accessToken = try await accessToken(call, caller)
        try await control.resetLimit(id, of: accessToken.limitSubject, by: caller.context)
        return try await answer(accessToken)
    }

    private func answer(_ accessToken: AccessToken) async throws -> Response {
        try Answer.json(try await control.resource(of: accessToken))
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
            suspendedAt: accessToken.suspendedAt?.rfc3339, lastUsedAt: accessToken.lastUsedAt?.rfc3339,
            owner: accessToken.owner?.rawValue, labels: accessToken.labels.values,
            description: accessToken.description?.rawValue,
            lineage: accessToken.lineage.rawValue, rotatedFrom: accessToken.rotatedFrom?.rawValue,
            rotatedTo: accessToken.rotatedTo?.rawValue, models: grants.models?.map(\.description),
            endpoints: grants.endpoints?.map(\.rawValue).sorted(),
            networks: grants.networks?.map(\.description), notBefore: grants.notBefore?.rfc3339,
            idleExpiresIn: grants.idleSeconds, outputCap: grants.outputCap?.description,
            unboundedOutput: grants.unboundedOutput?.rawValue,
            limits: limits.map { LimitResource($0) }, honey: accessToken.isHoney)
    }
}

extension AccessTokenResource {
    /// Shows the credential, and where to use it, in the one answer that does.
    mutating func reveal(_ text: Secret, for clients: ClientAddress, _ call: AdminCall) {
        token = text.reveal()
        baseURL = clients.baseURL(asSeenBy: call.request.head)
        isBaseURLAssumed = clients.isAssumed
    }
}

extension Label {
    /// A new name, of a field of a request body.
    init(wire text: String, field: String = "name") throws(Problem) {
        guard let label = Label(text), label.isPlain else {
            throw .invalid(field, "it has to be \(Label.rule)")
        }
        self = label
    }
}

extension Secret {
    /// The text of a credential, for the one answer that shows it.
    func reveal() -> String { withUnsafeBytes { String(decoding: $0, as: UTF8.self) } }
}
