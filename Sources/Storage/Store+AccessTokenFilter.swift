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

    /// Those that fit and are not revoked yet, newest first, honey tokens only where the filter asks for them: what ``revokeAccessTokens(_:by:at:)`` would revoke.
    package func revocableAccessTokens(
        _ filter: AccessTokenFilter, at now: Timestamp
    ) async throws(StoreError) -> [AccessToken] {
        try await database.read { try Self.revocable(filter, at: now, in: $0) }
    }

    /// Revokes all that fit, in one transaction with an event for each; honey tokens only where the filter asks for
    /// them. Returns those that were not revoked before, newest first.
    package func revokeAccessTokens(
        _ filter: AccessTokenFilter, by principal: Principal, at now: Timestamp
    ) async throws(StoreError) -> [AccessToken] {
        try await database.change(at: now) { database in
            var accessTokens = try Self.revocable(filter, at: now, in: database)
            guard !accessTokens.isEmpty else { return .unchanged([]) }
            for index in accessTokens.indices {
                accessTokens[index].revokedAt = now
                try database.execute(
                    sql: "UPDATE access_tokens SET revoked_at = ? WHERE id = ?",
                    arguments: [now.milliseconds, accessTokens[index].id.rawValue])
            }
            let events = accessTokens.map { accessToken in
                AuditEvent(
                    principal: principal, action: .tokenRevoked, subject: accessToken.id.rawValue,
                    details: [
                        AuditEvent.Detail("project", accessToken.project.rawValue),
                        AuditEvent.Detail("bulk", String(accessTokens.count)),
                    ])
            }
            return .made(accessTokens, events)
        }
    }

    private static func revocable(
        _ filter: AccessTokenFilter, at now: Timestamp, in database: Database
    ) throws -> [AccessToken] {
        var filter = filter
        filter.isHoney = filter.isHoney ?? false
        var condition = AccessTokenCondition(filter, at: now)
        condition.add("revoked_at IS NULL", [])
        return try Row.fetchAll(
            database,
            sql: "SELECT * FROM access_tokens WHERE \(condition.sql) ORDER BY created_at DESC, id DESC",
            arguments: condition.arguments
        ).map { try $0.accessToken() }
    }
}
