import Domain
import Hummingbird
import Storage

/// `/manage/keys`: the credentials of operators.
struct ManagementKeyRoutes {
    let control: ControlPlane

    var routes: [Route] {
        [
            Route(.post, "/manage/keys", .management(create)),
            Route(.get, "/manage/keys", .management(list)),
            Route(.post, "/manage/keys/{id}/revoke", .management(revoke)),
        ]
    }

    private func create(_ call: AdminCall, by principal: Principal) async throws -> Response {
        let name = try Label(wire: try await call.body(CreateManagementKeyRequest.self).name)
        let created = try await control.createManagementKey(name: name, by: principal)
        var resource = ManagementKeyResource(created.key)
        resource.key = created.text.reveal()
        return try Answer.json(resource, status: .created)
    }

    private func list(_ call: AdminCall, by _: Principal) async throws -> Response {
        let query = try PageQuery(call.query(PageQuery.names))
        let page = try await control.store.listManagementKeys(
            after: query.cursor(ManagementKeyID.init), limit: query.limit)
        return try Answer.json(
            PageResource(
                items: page.items.map { ManagementKeyResource($0) },
                nextCursor: page.hasMore ? page.items.last?.id.rawValue : nil))
    }

    private func revoke(_ call: AdminCall, by principal: Principal) async throws -> Response {
        guard let id = ManagementKeyID(call.parameter("id")) else { throw Problem.noSuch("management key") }
        return try Answer.json(ManagementKeyResource(try await control.revokeManagementKey(id, by: principal)))
    }
}

extension ManagementKeyResource {
    init(_ key: ManagementKey) {
        self.init(
            id: key.id.rawValue, name: key.name.rawValue, createdAt: key.createdAt.rfc3339,
            revokedAt: key.revokedAt?.rfc3339)
    }
}
