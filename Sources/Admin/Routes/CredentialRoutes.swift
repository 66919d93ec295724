import Domain
import Hummingbird
import Storage
import Vault

/// `/manage/projects/{id}/credentials`: the keys of a project's upstream, of which one is active. They can be
/// given, switched and removed, never read.
struct CredentialRoutes {
    let control: ControlPlane

    private static let path = "/manage/projects/{id}/credentials"

    var routes: [Route] {
        [
            Route(.post, Self.path, .management(.admin, rotate), replay: .made(show, as: "credential")),
            Route(.get, Self.path, .management(.read, list)),
            Route(.get, Self.path + "/{credential}", .management(.read, show)),
            Route(.post, Self.path + "/{credential}/activate", .management(.admin, activate)),
            Route(
                .delete, Self.path + "/{credential}", .management(.admin, remove), takesIfMatch: true),
        ]
    }

    private func rotate(_ call: AdminCall, by caller: Operator) async throws -> Response {
        let body = try await call.body(RotateCredentialRequest.self)
        let name = try Label(wire: body.name)
        let key = try Secret.upstreamKey(body.key, field: "key")
        let overlap = try body.overlap.seconds()
        let project = try await control.project(call.parameter("id"), for: caller)
        let credential = try await control.rotateCredential(
            key, named: name, of: project.id, overlap: overlap, by: caller.context)
        return try Answer.json(CredentialResource(credential), status: .created)
    }

    private func list(_ call: AdminCall, by caller: Operator) async throws -> Response {
        _ = try call.query([])
        let project = try await control.project(call.parameter("id"), for: caller)
        let credentials = try await control.credentials(of: project.id)
        return try Answer.json(
            PageResource(items: credentials.map { CredentialResource($0) }, nextCursor: nil))
    }

    private func show(_ call: AdminCall, by caller: Operator) async throws -> Response {
        let project = try await control.project(call.parameter("id"), for: caller)
        let id = try credential(call)
        // Not through the queue of changes: `If-Match` is looked at within it.
        let credentials = try await control.store.credentials(of: project.id, at: control.now())
        guard let found = credentials.first(where: { $0.id == id }) else {
            throw Problem.noSuch(.credential)
        }
        return try Answer.json(CredentialResource(found))
    }

    private func activate(_ call: AdminCall, by caller: Operator) async throws -> Response {
        let overlap = try await call.body(ActivateCredentialRequest.self).overlap.seconds()
        let project = try await control.project(call.parameter("id"), for: caller)
        let credential = try await control.activateCredential(
            credential(call), of: project.id, overlap: overlap, by: caller.context)
        return try Answer.json(CredentialResource(credential))
    }

    private func remove(_ call: AdminCall, by caller: Operator) async throws -> Response {
        let project = try await control.project(call.parameter("id"), for: caller)
        let credential = try await control.removeCredential(
            credential(call), of: project.id, by: caller.context)
        return try Answer.json(CredentialResource(credential))
    }

    private func credential(_ call: AdminCall) throws(Problem) -> CredentialID {
        let text = call.parameter("credential")
        guard let id = CredentialID(text) else { throw .noSuch(.credential, named: text) }
        return id
    }
}

extension CredentialResource {
    init(_ credential: UpstreamCredential) {
        self.init(
            id: credential.id.rawValue, name: credential.name.rawValue,
            status: credential.retiredAt == nil ? "active" : "retired",
            createdAt: credential.createdAt.rfc3339, retiredAt: credential.retiredAt?.rfc3339,
            keptUntil: credential.keptUntil?.rfc3339)
    }
}
