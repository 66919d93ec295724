import Domain
import HTTPTypes
import Hummingbird
import Storage
import Vault

/// `/manage/projects`: projects and the keys of their upstreams. `{id}` is a project's id or its name.
struct ProjectRoutes {
    let control: ControlPlane
    /// The hosts of upstreams that a project's own operators may set, in lower case; others may set any.
    let upstreamHosts: Set<String>

    var routes: [Route] {
        [
            Route(
                .post, "/manage/projects", .management(.admin, of: .instance, create), replay: .made(show)),
            Route(.get, "/manage/projects", .management(.read, list)),
            Route(.get, "/manage/projects/{id}", .management(.read, show)),
            Route(.patch, "/manage/projects/{id}", .management(.admin, update), takesIfMatch: true),
            Route(
                .put, "/manage/projects/{id}/credential", .management(.admin, setCredential),
                takesIfMatch: true),
            Route(
                .post, "/manage/projects/{id}/limits/top-up", .management(.admin, of: .instance, topUp),
                replay: .same(show)),
            Route(
                .post, "/manage/projects/{id}/limits/reset", .management(.admin, of: .instance, reset)),
        ]
    }

    private func create(_ call: AdminCall, by caller: Operator) async throws -> Response {
        let body = try await call.body(CreateProjectRequest.self)
        var settings = ProjectChange()
        try body.fields.apply(to: &settings)
        settings.limits = try LimitSet(wire: body.limits)
        let project = try await control.createProject(
            Self.name(body.name), upstream: Self.upstream(body.upstreamURL ?? UpstreamURL.openAI),
            key: try body.upstreamKey.map { try Secret.upstreamKey($0, field: "upstream_key") },
            settings: settings, by: caller.context)
        return try await answer(project, .created)
    }

    private func list(_ call: AdminCall, by caller: Operator) async throws -> Response {
        let parameters = try call.query(ListQuery.names.union(["state"]))
        let query = try ListQuery(parameters)
        let filter = ProjectFilter(
            state: try parameters.word("state", of: Project.State.self), text: query.text,
            only: caller.project)
        let page = try await control.store.listProjects(
            filter, by: query.order, after: query.place(ProjectID.self), limit: query.page.limit)
        var resources: [ProjectResource] = []
        for project in page.items {
            resources.append(try await resource(of: project))
        }
        return try Answer.json(query.resource(of: page, resources))
    }

    private func show(_ call: AdminCall, by caller: Operator) async throws -> Response {
        try await answer(control.project(call.parameter("id"), for: caller))
    }

    private func update(_ call: AdminCall, by caller: Operator) async throws -> Response {
        let body = try await call.body(UpdateProjectRequest.self)
        var change = ProjectChange(
            name: try body.name.map(Self.name), upstream: try body.upstreamURL.map(Self.upstream),
            state: try body.state.map(Self.state))
        try body.fields.apply(to: &change)
        change.limits = try LimitSet(wire: body.limits)
        let key = try body.upstreamKey.map { try Secret.upstreamKey($0, field: "upstream_key") }
        let project = try await control.project(call.parameter("id"), for: caller)
        try check(change, of: project, by: caller)
        return try await answer(control.updateProject(project.id, change, key: key, by: caller.context))
    }

    /// What would lift a project's own limits, or send its requests to where its operators may not, is for
    /// operators of all projects. Throws a 403 ``Problem``.
    private func check(
        _ change: ProjectChange, of project: Project, by caller: Operator
    ) throws(Problem) {
        if change.limits != nil { try caller.requireInstance(toChange: "limits") }
        let new = change.applied(to: project)
        if new.unpriced != project.unpriced { try caller.requireInstance(toChange: "unpriced_models") }
        // Another calendar begins the periods of its limits anew.
        if new.timeZone != project.timeZone { try caller.requireInstance(toChange: "time_zone") }
        if new.unknownEndpoints != project.unknownEndpoints {
            try caller.requireInstance(toChange: "unknown_endpoints")
        }
        guard case .remote(let origin, _) = new.upstream, new.upstream != project.upstream,
            !upstreamHosts.contains(origin.host)
        else { return }
        do throws(Problem) {
            try caller.requireInstance(toChange: "upstream_url")
        } catch {
            var problem = error
            problem.detail += " LATCHKEY_UPSTREAM_HOSTS names the hosts that a key of one project may set."
            throw problem
        }
    }

    private func setCredential(_ call: AdminCall, by caller: Operator) async throws -> Response {
        let key = try Secret.upstreamKey(try await call.body(SetCredentialRequest.self).key, field: "key")
        let project = try await control.project(call.parameter("id"), for: caller)
        let credential = try await control.setCredential(key, of: project.id, by: caller.context)
        var response = try Answer.json(CredentialResource(credential))
        // `If-Match` takes the project's, and this is the credential's.
        response.headers[.eTag] = nil
        return response
    }

    private func topUp(_ call: AdminCall, by caller: Operator) async throws -> Response {
        let (id, amount) = try await call.body(TopUpLimitRequest.self).parsed()
        let project = try await control.project(call.parameter("id"), for: caller)
        try await control.topUpLimit(id, of: .project(project.id), by: amount, by: caller.context)
        return try await answer(project)
    }

    private func reset(_ call: AdminCall, by caller: Operator) async throws -> Response {
        let id = try LimitID(wire: try await call.body(ResetLimitRequest.self).limit)
        let project = try await control.project(call.parameter("id"), for: caller)
        try await control.resetLimit(id, of: .project(project.id), by: caller.context)
        return try await answer(project)
    }

    private func answer(_ project: Project, _ status: HTTPResponse.Status = .ok) async throws -> Response {
        try Answer.json(try await resource(of: project), status: status)
    }

    private func resource(of project: Project) async throws -> ProjectResource {
        ProjectResource(
            project, try await control.store.credential(of: project.id),
            limits: try await control.limitStates(of: .project(project.id)))
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
}

extension Secret {
    /// The longest that an upstream's key may be, in bytes: it has to fit into a header.
    private static let longestKey = 8192

    /// An upstream's key as it stands in a request.
    static func upstreamKey(_ text: String, field: String) throws(Problem) -> Secret {
        let utf8 = text.utf8
        guard (1...longestKey).contains(utf8.count), utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw .invalid(
                field, "it has to be 1 to \(longestKey) printable ASCII characters without spaces")
        }
        return Secret(utf8: text)
    }
}
