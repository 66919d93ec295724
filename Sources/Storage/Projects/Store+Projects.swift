package import Domain
import GRDB

/// Projects and their upstream credentials.
extension Store {
    /// Throws `nameTaken`. The credential, if there is one, has to be the project's; all of it is kept, or
    /// nothing. Returns the limits as they are kept.
    @discardableResult
    package func createProject(
        _ project: Project, limits: LimitSet = .none, credential: UpstreamCredential? = nil,
        by context: ChangeContext
    ) async throws(StoreError) -> [LimitRecord] {
        guard credential == nil || credential?.project == project.id else { throw .conflict }
        return try await database.change(by: context) { database in
            try Self.requireFree(project.name, in: database)
            try project.insert(in: database)
            let records = try Self.setLimits(limits, of: .project(project.id), at: context.now, in: database)
            var details =
                Self.details(of: project).filter { $0.value != "none" } + .difference(from: [], to: limits)
            if let credential {
                try credential.insert(in: database)
                details.append(AuditEvent.Detail("credential", credential.id.rawValue))
            }
            return .made(
                records,
                AuditEvent(
                    principal: context.principal, action: .projectCreated, subject: project.id.rawValue,
                    details: details))
        }
    }

    /// Throws `notFound`, `nameTaken`, or `archived` where it is and would change. The credential, if there
    /// is one, has to be the project's and replaces the one it has; all of it is kept, or nothing. A change
    /// that changes nothing leaves no event. Returns the project and its limits as they are now.
    package func updateProject(
        _ id: ProjectID, _ change: ProjectChange, credential: UpstreamCredential? = nil,
        by context: ChangeContext
    ) async throws(StoreError) -> (project: Project, limits: [LimitRecord]) {
        guard credential == nil || credential?.project == id else { throw .conflict }
        return try await database.change(by: context) { database in
            guard let old = try Self.project(id, in: database) else { throw StoreError.notFound }
            var records = try Self.limitRecords(of: .project(id), in: database)
            try Self.require(context.ifMatch, of: old, limits: records, in: database)
            var project = change.applied(to: old)
            let details: [AuditEvent.Detail] =
                .difference(from: Self.details(of: old), to: Self.details(of: project))
                + .difference(from: records, to: change.limits)
            guard !details.isEmpty || credential != nil else { return .unchanged((old, records)) }
            guard old.state != .archived else { throw StoreError.archived }
            var events: [AuditEvent] = []
            if !details.isEmpty {
                if project.name != old.name { try Self.requireFree(project.name, in: database) }
                project.updatedAt = context.now
                try project.updateAll(in: database)
                if let limits = change.limits {
                    records = try Self.setLimits(limits, of: .project(id), at: context.now, in: database)
                }
                events.append(
                    AuditEvent(
                        principal: context.principal, action: .projectUpdated, subject: id.rawValue,
                        details: details)
                )
            }
            if let credential {
                events.append(try Self.replace(credential, by: context.principal, in: database))
            }
            return .made((project, records), events)
        }
    }

    /// All that is set of it, as an audit event tells it.
    private static func details(of project: Project) -> [AuditEvent.Detail] {
        Project.Column.allCases.filter { ![.id, .createdAt, .updatedAt].contains($0) }.map { column in
            AuditEvent.Detail(
                Project.table[column], project.value(of: column).map { "\($0)" } ?? "none")
        }
    }

    package func project(_ id: ProjectID) async throws(StoreError) -> Project? {
        try await database.read { try Self.project(id, in: $0) }
    }

    package func project(named name: ProjectName) async throws(StoreError) -> Project? {
        try await database.read { database in
            try Project.first("WHERE name = ?", [name.rawValue], in: database)
        }
    }

    /// Archived ones too, from the one behind `place`, which is of the same order.
    package func listProjects(
        _ filter: ProjectFilter = ProjectFilter(), by order: ListOrder = .newestFirst,
        after place: ListPlace? = nil, limit: Int
    ) async throws(StoreError) -> Page<Project> {
        try await database.read { database in
            var selection = ListSelection<Project>()
            if let state = filter.state { selection.require("state = ?", [state.rawValue]) }
            if let id = filter.only { selection.require("id = ?", [id.rawValue]) }
            if let text = filter.text { selection.search(text) }
            return try selection.page(order, after: place, limit: limit, in: database)
        }
    }

    /// Replaces the project's active credential, which is forgotten. Throws `notFound` or `archived` for the
    /// project.
    package func setCredential(
        _ credential: UpstreamCredential, by context: ChangeContext
    ) async throws(StoreError) {
        try await database.change(by: context) { database in
            let project = try Self.requireOpen(credential.project, in: database)
            let limits = try Self.limitRecords(of: .project(project.id), in: database)
            try Self.require(context.ifMatch, of: project, limits: limits, in: database)
            return .made((), try Self.replace(credential, by: context.principal, in: database))
        }
    }

    /// The active one.
    package func credential(of project: ProjectID) async throws(StoreError) -> UpstreamCredential? {
        try await database.read { try Self.activeCredential(of: project, in: $0) }
    }

    private static func activeCredential(
        of project: ProjectID, in database: Database
    ) throws -> UpstreamCredential? {
        try UpstreamCredential.first(
            "WHERE project = ? AND retired_at IS NULL", [project.rawValue], in: database)
    }

    private static func require(
        _ ifMatch: IfMatch?, of project: Project, limits: [LimitRecord], in database: Database
    ) throws {
        guard let ifMatch else { return }
        let active = try activeCredential(of: project.id, in: database)
        try ifMatch.require(.project(project, active: active, limits: limits))
    }

    @discardableResult
    static func requireOpen(_ id: ProjectID, in database: Database) throws -> Project {
        guard let project = try project(id, in: database) else { throw StoreError.notFound }
        guard project.state != .archived else { throw StoreError.archived }
        return project
    }

    static func project(_ id: ProjectID, in database: Database) throws -> Project? {
        try Project.find([id.rawValue], in: database)
    }

    /// Nobody else writes between this look and the change, for both are one immediate transaction.
    private static func requireFree(_ name: ProjectName, in database: Database) throws {
        let holder = try Project.first("WHERE name = ?", [name.rawValue], in: database)
        guard holder == nil else { throw StoreError.nameTaken }
    }

    private static func replace(
        _ credential: UpstreamCredential, by principal: Principal, in database: Database
    ) throws -> AuditEvent {
        let old = try UpstreamCredential.first(
            "WHERE project = ?", [credential.project.rawValue], in: database)
        try database.execute(
            sql: "DELETE FROM upstream_credentials WHERE project = ? AND retired_at IS NULL",
            arguments: [credential.project.rawValue])
        try credential.insert(in: database)
        return AuditEvent(
            principal: principal, action: .credentialSet, subject: credential.project.rawValue,
            details: [
                .before("credential", old?.id.rawValue ?? "none"),
                AuditEvent.Detail("credential", credential.id.rawValue),
                AuditEvent.Detail("name", credential.name.rawValue),
            ])
    }
}
