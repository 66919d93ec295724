package import Domain
import Hummingbird
import Storage
package import Vault

/// `/manage/keys`: the credentials of operators.
struct ManagementKeyRoutes {
    let control: ControlPlane

    var routes: [Route] {
        [
            Route(
                .post, "/manage/keys", .management(.admin, of: .instance, create), replay: .made(show)),
            Route(.get, "/manage/keys", .management(.read, of: .instance, list)),
            Route(.get, "/manage/keys/{id}", .management(.read, of: .instance, show)),
            Route(.post, "/manage/keys/{id}/revoke", .management(.admin, of: .instance, revoke)),
        ]
    }

    private func create(_ call: AdminCall, by caller: Operator) async throws -> Response {
        let body = try await call.body(CreateManagementKeyRequest.self)
        let name = try Label(wire: body.name)
        guard let role = Role(rawValue: body.role) else {
            throw Problem.invalid("role", "it has to be read, issue or admin")
        }
        let created = try await control.createManagementKey(
            name: name, role: role, project: try await project(body.project), by: caller.context)
        return try Answer.json(
            ManagementKeyResource(created.key, text: created.text), status: .created)
    }

    private func project(_ reference: String?) async throws -> ProjectID? {
        guard let reference else { return nil }
        do {
            return try await control.project(reference).id
        } catch let problem as Problem where problem.status == 404 {
            throw problem.pointing(to: "/project")
        }
    }

    private func show(_ call: AdminCall, by _: Operator) async throws -> Response {
        let id = try ManagementKeyID(reference: call.parameter("id"))
        guard let key = try await control.store.managementKey(id) else {
            throw Problem.noSuch(.managementKey)
        }
        return try Answer.json(ManagementKeyResource(key))
    }

    private func list(_ call: AdminCall, by _: Operator) async throws -> Response {
        let parameters = try call.query(ListQuery.names.union(["role", "revoked"]))
        let query = try ListQuery(parameters)
        let filter = ManagementKeyFilter(
            role: try parameters.word("role", of: Role.self), isRevoked: try parameters.flag("revoked"),
            text: query.text)
        let page = try await control.store.listManagementKeys(
            filter, by: query.order, after: query.place(ManagementKeyID.self), limit: query.page.limit)
        return try Answer.json(query.resource(of: page, page.items.map { ManagementKeyResource($0) }))
    }

    private func revoke(_ call: AdminCall, by caller: Operator) async throws -> Response {
        let id = try ManagementKeyID(reference: call.parameter("id"))
        return try Answer.json(
            ManagementKeyResource(try await control.revokeManagementKey(id, by: caller.context)))
    }
}

extension ManagementKeyResource {
    /// One that was just made: with its text, for the one answer that shows it.
    package init(_ key: ManagementKey, text: Secret) {
        self.init(key)
        self.key = text.reveal()
    }

    init(_ key: ManagementKey) {
        self.init(
            id: key.id.rawValue, name: key.name.rawValue, role: key.role.rawValue,
            project: key.project?.rawValue, createdAt: key.createdAt.rfc3339,
            revokedAt: key.revokedAt?.rfc3339)
    }
}
