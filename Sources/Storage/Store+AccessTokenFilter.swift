package import Domain
import GRDB

/// Access tokens by what is asked of them: listed, and revoked together.
extension Store {
    /// Newest first, of one project or of all, revoked and expired ones too, from the one behind `cursor`.
    package func listAccessTokens(
        of project: ProjectID? = nil, after cursor: AccessTokenID? = nil, limit: Int
    ) async throws(StoreError) -> Page<AccessToken> {
        try await listAccessTokens(
            AccessTokenFilter(project: project), after: cursor.map { ListPlace($0) }, limit: limit,
            at: Timestamp(milliseconds: 0))
    }

    /// Those that fit, from the one behind `place`. `now` tells which are expired.
    package func listAccessTokens(
        _ filter: AccessTokenFilter, by order: ListOrder = .newestFirst,
        after place: ListPlace? = nil, limit: Int, at now: Timestamp
    ) async throws(StoreError) -> Page<AccessToken> {
        try await database.read { database in
            var selection = ListSelection(of: "access_tokens")
            selection.require(AccessTokenCondition(filter, at: now))
            return try selection.page(order, after: place, limit: limit, in: database) {
                try $0.accessToken()
            }
        }
    }

    /// Those that fit and are not revoked yet, newest first, honey tokens only where the filter asks for them: what
    /// ``revokeAccessTokens(_:fitting:seenAt:by:at:)`` would revoke of all.
    package func revocableAccessTokens(
        _ filter: AccessTokenFilter, at now: Timestamp
    ) async throws(StoreError) -> [AccessTokenID] {
        try await database.read { database in
            let condition = Self.revocable(filter, at: now)
            return try Row.fetchAll(
                database,
                sql: "SELECT id FROM access_tokens WHERE \(condition.sql) ORDER BY created_at DESC, id DESC",
                arguments: condition.arguments
            ).map { try $0.parsed("id") { AccessTokenID($0) } }
        }
    }

    /// These access tokens, in their order; what is not there is left out.
    package func accessTokens(
        _ ids: some Collection<AccessTokenID> & Sendable
    ) async throws(StoreError) -> [AccessToken] {
        try await database.read { try Self.accessTokens(ids, meeting: nil, in: $0) }
    }

    /// One step of a revocation of many: revokes those of `step` that fit still, in one transaction with an event for
    /// each. Returns them, in the order of the step.
    ///
    /// - Parameter moment: which access tokens are expired or unused is judged by.
    package func revokeAccessTokens(
        _ step: RevocationStep, fitting filter: AccessTokenFilter, seenAt moment: Timestamp,
        by principal: Principal, at now: Timestamp
    ) async throws(StoreError) -> [AccessToken] {
        try await database.change(at: now) { database in
            let condition = Self.revocable(filter, at: moment)
            var accessTokens = try Self.accessTokens(step.ids, meeting: condition, in: database)
            guard !accessTokens.isEmpty else { return .unchanged([]) }
            let revocation = try database.cachedStatement(
                sql: "UPDATE access_tokens SET revoked_at = ? WHERE id = ?")
            var events: [AuditEvent] = []
            for index in accessTokens.indices {
                accessTokens[index].revokedAt = now
                let (id, project) = (accessTokens[index].id, accessTokens[index].project)
                try revocation.execute(arguments: [now.milliseconds, id.rawValue])
                events.append(
                    AuditEvent(
                        principal: principal, action: .tokenRevoked, subject: id.rawValue,
                        details: [
                            AuditEvent.Detail("project", project.rawValue),
                            AuditEvent.Detail("bulk", String(step.total)),
                        ]))
            }
            return .made(accessTokens, events)
        }
    }

    private static func revocable(
        _ filter: AccessTokenFilter, at now: Timestamp
    ) -> AccessTokenCondition {
        var filter = filter
        filter.isHoney = filter.isHoney ?? false
        var condition = AccessTokenCondition(filter, at: now)
        condition.add("revoked_at IS NULL", [])
        return condition
    }

    private static func accessTokens(
        _ ids: some Collection<AccessTokenID>, meeting condition: AccessTokenCondition?, in database: Database
    ) throws -> [AccessToken] {
        let found = try Row.fetchAll(
            database,
            sql: """
                SELECT * FROM access_tokens WHERE id IN (\(databaseQuestionMarks(count: ids.count)))
                    AND \(condition?.sql ?? "1 = 1")
                """,
            arguments: StatementArguments(ids.map(\.rawValue)) + (condition?.arguments ?? [])
        ).map { try $0.accessToken() }
        let byID = Dictionary(found.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        return ids.compactMap { byID[$0] }
    }
}
