import Domain
import HTTPTypes
import Hummingbird
import Storage
import Vault

/// `/manage/projects`: projects and the keys of their upstreams. `{id}` is a project's id or its name.
struct ProjectRoutes {
    let control: ControlPlane

    var routes: [Route] {
        [
            Route(.post, "/manage/projects", .management(create)),
            Route(.get, "/manage/projects", .management(list)),
            Route(.get, "/manage/projects/{id}", .management(show)),
            Route(.patch, "/manage/projects/{id}", .management(update)),
            Route(.put, "/manage/projects/{id}/credential", .management(setCredential)),
        ]
    }

    private func create(_ call: AdminCall, by principal: Principal) async throws -> Response {
        let body = try await call.body(CreateProjectRequest.self)
        let project = try await control.createProject(
            Self.name(body.name), upstream: Self.upstream(body.upstreamURL ?? UpstreamURL.openAI),
            key: try body.upstreamKey.map { try Self.key($0, field: "upstream_key") }, by: principal)
        return try await answer(project, .created)
    }

    private func list(_ call: AdminCall, by _: Principal) async throws -> Response {
        let query = try PageQuery(call.query(PageQuery.names))
        let page = try await control.store.listProjects(after: query.cursor(ProjectID.init), limit: query.limit)
        var items: [ProjectResource] = []
        for project in page.items {
            items.append(ProjectResource(project, try await control.store.credential(of: project.id)))
        }
        return try Answer.json(
            PageResource(items: items, nextCursor: page.hasMore ? page.items.last?.id.rawValue : nil))
    }

    private func show(_ call: AdminCall, by _: Principal) async throws -> Response {
        try await answer(control.project(call.parameter("id")))
    }

    private func update(_ call: AdminCall, by principal: Principal) async throws -> Response {
        let body = try await call.body(UpdateProjectRequest.self)
        let change = ProjectChange(
            name: try body.name.map(Self.name), upstream: try body.upstreamURL.map(Self.upstream),
            state: try body.state.map(Self.state))
        let key = try body.upstreamKey.map { try Self.key($0, field: "upstream_key") }
        let project = try await control.project(call.parameter("id"))
        return try await answer(control.updateProject(project.id, change, key: key, by: principal))
    }

    private func setCredential(_ call: AdminCall, by principal: Principal) async throws -> Response {
        let key = try Self.key(try await call.body(SetCredentialRequest.self).key, field: "key")
        let project = try await control.project(call.parameter("id"))
        let credential = try await control.setCredential(key, of: project.id, by: principal)
        return try Answer.json(CredentialResource(credential))
    }

    private func answer(_ project: Project, _ status: HTTPResponse.Status = .ok) async throws -> Response {
        let credential = try await control.store.credential(of: project.id)
        return try Answer.json(ProjectResource(project, credential), status: status)
    }

    private static func name(_ text: String) throws(Problem) -> ProjectName {
        guard let name = ProjectName(text) else { throw .invalid("name", "it has to be \(ProjectName.rule)") }
        return name
    }

    private static func upstream(_ text: String) throws(Problem) -> UpstreamURL {
        do {
            return try UpstreamURL(parsing: text)
        } catch {
            throw .invalid("upstream_url", error.reason)
        }
    }

    private static func state(_ text: String) throws(Problem) -> Project.State {
        guard let state = Project.State(rawValue: text) else {
            throw .invalid("state", "it has to be active, disabled or archived")
        }
        return state
    }

    /// The longest that an upstream's key may be, in bytes: it has to fit into a header.
    private static let maximumKey = 8192

    private static func key(_ text: String, field: String) throws(Problem) -> Secret {
        let utf8 = text.utf8
        guard (1...maximumKey).contains(utf8.count), utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw .invalid(field, "it has to be 1 to \(maximumKey) printable ASCII characters without spaces")
        }
        return Secret(utf8: text)
    }
}

extension ProjectResource {
    init(_ project: Project, _ credential: UpstreamCredential?) {
        self.init(
            id: project.id.rawValue, name: project.name.rawValue, upstreamURL: project.upstream.description,
            state: project.state.rawValue, credential: credential.map { CredentialResource($0) },
            createdAt: project.createdAt.rfc3339, updatedAt: project.updatedAt.rfc3339)
    }
}

extension CredentialResource {
    init(_ credential: UpstreamCredential) {
        self.init(id: credential.id.rawValue, createdAt: credential.createdAt.rfc3339)
    }
}
