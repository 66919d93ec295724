import Domain
import Hummingbird
import Storage
import Vault

/// `/manage/tokens`: what becomes of access tokens after their issue, one by one or many at once.
struct AccessTokenLifeRoutes {
    let control: ControlPlane
    let clients: ClientAddress

    var routes: [Route] {
        [
            Route(.post, "/manage/tokens/{id}/suspend", .management(.issue, suspend)),
            Route(.post, "/manage/tokens/{id}/resume", .management(.issue, resume)),
            Route(.post, "/manage/tokens/{id}/rotate", .management(.issue, rotate), replay: .made(show)),
            Route(.post, "/manage/tokens/{id}/reissue", .management(.issue, reissue), replay: .made(show)),
            Route(.post, "/manage/tokens/bulk-revoke", .management(.issue, revokeAll)),
        ]
    }

    private func show(_ call: AdminCall, by caller: Operator) async throws -> Response {
        try await answer(control.accessToken(call.parameter("id"), for: caller))
    }

    private func suspend(_ call: AdminCall, by caller: Operator) async throws -> Response {
        let id = try await control.accessToken(call.parameter("id"), for: caller).id
        return try await answer(control.suspendAccessToken(id, by: caller.context))
    }

    private func resume(_ call: AdminCall, by caller: Operator) async throws -> Response {
        let id = try await control.accessToken(call.parameter("id"), for: caller).id
        return try await answer(control.resumeAccessToken(id, by: caller.context))
    }

    private func rotate(_ call: AdminCall, by caller: Operator) async throws -> Response {
        let body = try await call.body(RotateAccessTokenRequest.self)
        let grace = try body.grace()
        let lifetime = try body.expiry?.lifetime(at: control.now())
        let old = try await control.accessToken(call.parameter("id"), for: caller)
        // The text of the new one is theirs.
        try caller.require(toGrant: old.grants)
        let rotated = try await control.rotateAccessToken(
            old.id, grace: grace, lifetime: lifetime, by: caller.context)
        return try made(rotated.accessToken, rotated.text, call)
    }

    private func reissue(_ call: AdminCall, by caller: Operator) async throws -> Response {
        let body = try await call.body(ReissueAccessTokenRequest.self)
        let lifetime = try body.expiry?.lifetime(at: control.now())
        let old = try await control.accessToken(call.parameter("id"), for: caller)
        try caller.require(toGrant: old.grants)
        let reissued = try await control.reissueAccessToken(old.id, lifetime: lifetime, by: caller.context)
        return try made(reissued.accessToken, reissued.text, call)
    }

    private func made(_ accessToken: AccessToken, _ text: Secret, _ call: AdminCall) throws -> Response {
        var resource = control.newResource(of: accessToken)
        resource.reveal(text, for: clients, call)
        return try Answer.json(resource, status: .created)
    }

    private func revokeAll(_ call: AdminCall, by caller: Operator) async throws -> Response {
        let body = try await call.body(BulkRevokeRequest.self)
        guard body.filter != AccessTokenFilterFields() else {
            throw Problem.invalid(
                "filter", "it may not be empty: name at least one of \(AccessTokenFilterFields.listed)")
        }
        let pointer = { Problem.pointer(["filter", $0]) }
        let filter: AccessTokenFilter
        do {
            filter = try await control.filter(body.filter, for: caller, pointer: pointer)
        } catch let problem as Problem where problem.status == 404 {
            throw problem.pointing(to: pointer("project"))
        }
        let ids =
            body.dryRun
            ? try await control.store.revocableAccessTokens(filter, at: control.now()).map(\.id)
            : try await control.revokeAccessTokens(filter, by: caller.context)
        return Answer.stream(
            type: "application/json", BulkRevokeResource.start(dryRun: body.dryRun, count: ids.count), ids,
            BulkRevokeResource.end
        ) { [control] part in
            try await control.resources(of: control.store.accessTokens(part), at: control.now())
        }
    }

    private func answer(_ accessToken: AccessToken) async throws -> Response {
        try Answer.json(try await control.resource(of: accessToken))
    }
}

extension AccessTokenFilterFields {
    fileprivate static let listed = names.joined(separator: ", ")
}

extension ControlPlane {
    /// An access token as it is shown now.
    func resource(of accessToken: AccessToken) async throws(StoreError) -> AccessTokenResource {
        AccessTokenResource(
            accessToken, limits: try await limitStates(of: accessToken.limitSubject), at: now())
    }

    /// One that was just made: its limits are in memory, and nothing can fail that would lose its text.
    func newResource(of accessToken: AccessToken) -> AccessTokenResource {
        AccessTokenResource(
            accessToken, limits: limits.states(of: accessToken.limitSubject), at: accessToken.createdAt)
    }

    /// Several as they are shown at `now`.
    func resources(
        of accessTokens: [AccessToken], at now: Timestamp
    ) async throws(StoreError) -> [AccessTokenResource] {
        let limits = try await limitStates(of: accessTokens.map(\.limitSubject))
        return accessTokens.map { accessToken in
            AccessTokenResource(accessToken, limits: limits[accessToken.limitSubject] ?? [], at: now)
        }
    }

    /// The filter that the fields mean to an operator: never beyond their reach. Throws a 404 ``Problem`` for
    /// a project that is not there.
    func filter(
        _ fields: AccessTokenFilterFields, for caller: Operator, pointer: (String) -> String
    ) async throws -> AccessTokenFilter {
        var project = caller.project
        if let reference = fields.project { project = try await self.project(reference, for: caller).id }
        return try fields.filter(project, pointer: pointer)
    }
}
