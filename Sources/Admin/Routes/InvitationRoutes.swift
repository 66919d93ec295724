import Domain
import Hummingbird
import Storage
import Vault

/// `/manage/invitations`: links by which the holders of access tokens mint them themselves.
struct InvitationRoutes {
    let control: ControlPlane
    let clients: ClientAddress

    var routes: [Route] {
        [
            Route(.post, "/manage/invitations", .management(.issue, create), replay: .made(show)),
            Route(.get, "/manage/invitations", .management(.read, list)),
            Route(.get, "/manage/invitations/{id}", .management(.read, show)),
            Route(.post, "/manage/invitations/{id}/revoke", .management(.issue, revoke)),
        ]
    }

    private func create(_ call: AdminCall, by caller: Operator) async throws -> Response {
        let body = try await call.body(CreateInvitationRequest.self)
        let lifetime = try body.lifetime()
        let order = try await control.order(
            body, lifetime: body.tokenExpiry.lifetime(at: control.now(), prefix: "token_"), for: caller)
        let (invitation, secret) = try await control.createInvitation(
            order, lifetime: lifetime, by: caller.context)
        var resource = InvitationResource(invitation, at: invitation.createdAt)
        let request = call.request.head
        resource.url = "\(clients.origin(asSeenBy: request))/claim#\(secret.reveal())"
        resource.baseURL = clients.baseURL(asSeenBy: request)
        resource.isBaseURLAssumed = clients.isAssumed
        return try Answer.json(resource, status: .created)
    }

    private func list(_ call: AdminCall, by caller: Operator) async throws -> Response {
        let parameters = try call.query(ListQuery.names.union(["project"]))
        let query = try ListQuery(parameters, by: [.name, .createdAt, .expiresAt])
        var project = caller.project
        if let reference = parameters["project"] {
            project = try await control.project(reference, for: caller).id
        }
        let page = try await control.store.listInvitations(
            of: project, text: query.text, by: query.order, after: query.place(InvitationID.self),
            limit: query.page.limit)
        let now = control.now()
        return try Answer.json(query.resource(of: page, page.items.map { InvitationResource($0, at: now) }))
    }

    private func show(_ call: AdminCall, by caller: Operator) async throws -> Response {
        try answer(try await control.invitation(call.parameter("id"), for: caller))
    }

    private func revoke(_ call: AdminCall, by caller: Operator) async throws -> Response {
        let id = try await control.invitation(call.parameter("id"), for: caller).id
        return try answer(try await control.revokeInvitation(id, by: caller.context))
    }

    private func answer(_ invitation: Invitation) throws -> Response {
        try Answer.json(InvitationResource(invitation, at: control.now()))
    }
}

extension InvitationResource {
    init(_ invitation: Invitation, at now: Timestamp) {
        let order = invitation.order
        let grants = order.grants
        self.init(
            id: invitation.id.rawValue, project: order.project.rawValue, name: order.name.rawValue,
            owner: order.owner?.rawValue, labels: order.labels.values,
            status: invitation.status(at: now).rawValue, createdAt: invitation.createdAt.rfc3339,
            expiresAt: invitation.expiresAt.rfc3339, revokedAt: invitation.revokedAt?.rfc3339,
            claimedAt: invitation.claim?.at.rfc3339, claimedFrom: invitation.claim?.address?.description,
            tokenID: invitation.claim?.accessToken.rawValue, limits: order.limits.limits.map(\.description),
            models: grants.models?.map(\.description), endpoints: grants.endpoints?.map(\.rawValue).sorted(),
            networks: grants.networks?.map(\.description), notBefore: grants.notBefore?.rfc3339,
            idleExpiresIn: grants.idleSeconds, outputCap: grants.outputCap?.description,
            unboundedOutput: grants.unboundedOutput?.rawValue)
        switch order.lifetime {
        case .endless: break
        case .seconds(let seconds): tokenExpiresIn = seconds
        case .until(let moment): tokenExpiresAt = moment.rfc3339
        }
    }
}
