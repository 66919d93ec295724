package import Domain
import GRDB

/// Projects and their upstream credentials.
extension Store {
    /// Throws `nameTaken`. The credential, if there is one, has to be the project's; both are kept, or
    /// neither.
    package func createProject(
        _ project: Project, credential: UpstreamCredential? = nil, by principal: Principal, at now: Timestamp
    ) async throws(StoreError) {
        guard credential == nil || credential?.project == project.id else { throw .conflict }
        try await database.change(at: now) { database in
            try Self.requireFree(project.name, in: database)
            try database.execute(
                sql: """
                    INSERT INTO projects (id, name, upstream, state, created_at, updated_at)
                    VALUES (?, ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    project.id.rawValue, project.name.rawValue, project.upstream.description,
                    project.state.rawValue, project.createdAt.milliseconds, project.updatedAt.milliseconds,
                ])
            var details = [
                AuditEvent.Detail("name", project.name.rawValue),
                AuditEvent.Detail("upstream", project.upstream.description),
            ]
            if let credential {
                try Self.insert(credential, in: database)
                details.append(AuditEvent.Detail("credential", credential.id.rawValue))
            }
            return .made(
                (),
                AuditEvent(
                    principal: principal, action: .projectCreated, subject: project.id.rawValue,
                    details: details))
        }
    }

    /// Throws `notFound`, `nameTaken`, or `archived` where it is and would change. The credential, if there is
    /// one, has to be the project's and replaces the one it has; all of it is kept, or nothing. A change that
    /// changes nothing leaves no event. Returns the project as it is now.
    package func updateProject(
        _ id: ProjectID, _ change: ProjectChange, credential: UpstreamCredential? = nil,
        by principal: Principal, at now: Timestamp
    ) async throws(StoreError) -> Project {
        guard credential == nil || credential?.project == id else { throw .conflict }
        return try await database.change(at: now) { database in
            guard let old = try Self.project(id, in: database) else { throw StoreError.notFound }
            let (project, details) = Self.apply(change, to: old, at: now)
            guard !details.isEmpty || credential != nil else { return .unchanged(old) }
            guard old.state != .archived else { throw StoreError.archived }
            var events: [AuditEvent] = []
            if !details.isEmpty {
                if project.name != old.name { try Self.requireFree(project.name, in: database) }
                try Self.update(project, in: database)
                events.append(
                    AuditEvent(
                        principal: principal, action: .projectUpdated, subject: id.rawValue, details: details)
                )
            }
            if let credential { events.append(try Self.replace(credential, by: principal, in: database)) }
            return .made(project, events)
        }
    }

    /// The project after the change, and what differs.
    private static func apply(
        _ change: ProjectChange, to old: Project, at now: Timestamp
    ) -> (Project, [AuditEvent.Detail]) {
        var project = old
        var details: [AuditEvent.Detail] = []
        if let name = change.name, name != old.name {
            project.name = name
            details.append(AuditEvent.Detail("name", name.rawValue))
        }
        if let upstream = change.upstream, upstream != old.upstream {
            project.upstream = upstream
            details.append(AuditEvent.Detail("upstream", upstream.description))
        }
        if let state = change.state, state != old.state {
            project.state = state
            details.append(AuditEvent.Detail("state", state.rawValue))
        }
        if !details.isEmpty { project.updatedAt = now }
        return (project, details)
    }

    package func project(_ id: ProjectID) async throws(StoreError) -> Project? {
        try await database.read { try Self.project(id, in: $0) }
    }

    package func project(named name: ProjectName) async throws(StoreError) -> Project? {
        try await database.read { database in
            try Row.fetchOne(
                database, sql: "SELECT * FROM projects WHERE name = ?", arguments: [name.rawValue]
            )?.project()
        }
    }

    /// Newest first, archived ones too, from the one behind `cursor`.
    package func listProjects(
        after cursor: ProjectID? = nil, limit: Int
    ) async throws(StoreError) -> Page<Project> {
        try await database.read { database in
            let rows = try Row.fetchAll(
                database,
                sql: """
                    SELECT * FROM projects
                    WHERE ? IS NULL OR (created_at, id) < (SELECT created_at, id FROM projects WHERE id = ?)
                    ORDER BY created_at DESC, id DESC LIMIT ?
                    """,
                arguments: [cursor?.rawValue, cursor?.rawValue, limit + 1])
            return Page(try rows.map { try $0.project() }, limit: limit)
        }
    }

    /// Replaces the project's credential. Throws `notFound` or `archived` for the project.
    package func setCredential(
        _ credential: UpstreamCredential, by principal: Principal, at now: Timestamp
    ) async throws(StoreError) {
        try await database.change(at: now) { database in
            try Self.requireOpen(credential.project, in: database)
            return .made((), try Self.replace(credential, by: principal, in: database))
        }
    }

    package func credential(of project: ProjectID) async throws(StoreError) -> UpstreamCredential? {
        try await database.read { database in
            try Row.fetchOne(
                database, sql: "SELECT * FROM upstream_credentials WHERE project = ?",
                arguments: [project.rawValue]
            )?.upstreamCredential()
        }
    }

    static func requireOpen(_ id: ProjectID, in database: Database) throws {
        guard let project = try project(id, in: database) else { throw StoreError.notFound }
        guard project.state != .archived else { throw StoreError.archived }
    }

    private static func project(_ id: ProjectID, in database: Database) throws -> Project? {
        try Row.fetchOne(
            database, sql: "SELECT * FROM projects WHERE id = ?", arguments: [id.rawValue]
        )?.project()
    }

    /// Nobody else writes between this look and the change, for both are one immediate transaction.
    private static func requireFree(_ name: ProjectName, in database: Database) throws {
        let holder = try Row.fetchOne(
            database, sql: "SELECT id FROM projects WHERE name = ?", arguments: [name.rawValue])
        guard holder == nil else { throw StoreError.nameTaken }
    }

    private static func update(_ project: Project, in database: Database) throws {
        try database.execute(
            sql: "UPDATE projects SET name = ?, upstream = ?, state = ?, updated_at = ? WHERE id = ?",
            arguments: [
                project.name.rawValue, project.upstream.description, project.state.rawValue,
                project.updatedAt.milliseconds, project.id.rawValue,
            ])
    }

    private static func replace(
        _ credential: UpstreamCredential, by principal: Principal, in database: Database
    ) throws -> AuditEvent {
        try database.execute(
            sql: "DELETE FROM upstream_credentials WHERE project = ?",
            arguments: [credential.project.rawValue])
        try insert(credential, in: database)
        return AuditEvent(
            principal: principal, action: .credentialSet, subject: credential.project.rawValue,
            details: [
                AuditEvent.Detail("credential", credential.id.rawValue),
                AuditEvent.Detail("name", credential.name.rawValue),
            ])
    }

    private static func insert(_ credential: UpstreamCredential, in database: Database) throws {
        try database.execute(
            sql: """
                INSERT INTO upstream_credentials (id, project, name, version, sealed, created_at)
                VALUES (?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                credential.id.rawValue, credential.project.rawValue, credential.name.rawValue,
                credential.version,
                credential.sealed.data, credential.createdAt.milliseconds,
            ])
    }
}
