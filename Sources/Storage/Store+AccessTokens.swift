package import Domain
import GRDB

/// Access tokens: issued, looked up, listed, revoked, and seen expired.
extension Store {
    /// Throws `notFound` or `archived` for the project; `conflict` where the id or the hash is there already.
    package func issueAccessToken(
        _ accessToken: AccessToken, by principal: Principal, at now: Timestamp
    ) async throws(StoreError) {
        try await database.change(at: now) { database in
            try Self.requireOpen(accessToken.project, in: database)
            try database.execute(
                sql: """
                    INSERT INTO access_tokens (id, project, name, hash, created_at, expires_at)
                    VALUES (?, ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    accessToken.id.rawValue, accessToken.project.rawValue, accessToken.name.rawValue,
                    accessToken.hash.bytes.data, accessToken.createdAt.milliseconds,
                    accessToken.expiresAt?.milliseconds,
                ])
            var details = [
                AuditEvent.Detail("project", accessToken.project.rawValue),
                AuditEvent.Detail("name", accessToken.name.rawValue),
            ]
            if let expiry = accessToken.expiresAt {
                details.append(AuditEvent.Detail("expires_at", String(expiry.milliseconds)))
            }
            return .made(
                (),
                AuditEvent(
                    principal: principal, action: .tokenIssued, subject: accessToken.id.rawValue,
                    details: details))
        }
    }

    package func accessToken(_ id: AccessTokenID) async throws(StoreError) -> AccessToken? {
        try await database.read { try Self.accessToken(id, in: $0) }
    }

    /// Newest first, of one project or of all, revoked and expired ones too, from the one behind `cursor`.
    package func listAccessTokens(
        of project: ProjectID? = nil, after cursor: AccessTokenID? = nil, limit: Int
    ) async throws(StoreError) -> Page<AccessToken> {
        try await database.read { database in
            var conditions: [String] = []
            var arguments: StatementArguments = []
            if let project {
                conditions.append("project = ?")
                arguments += [project.rawValue]
            }
            if let cursor {
                conditions.append(
                    "(created_at, id) < (SELECT created_at, id FROM access_tokens WHERE id = ?)")
                arguments += [cursor.rawValue]
            }
            let filter = conditions.isEmpty ? "" : "WHERE " + conditions.joined(separator: " AND ")
            let rows = try Row.fetchAll(
                database,
                sql: "SELECT * FROM access_tokens \(filter) ORDER BY created_at DESC, id DESC LIMIT ?",
                arguments: arguments + [limit + 1])
            return Page(try rows.map { try $0.accessToken() }, limit: limit)
        }
    }

    /// Throws `notFound`. What is revoked stays revoked since the first time, and a second time leaves no
    /// event.
    package func revokeAccessToken(
        _ id: AccessTokenID, by principal: Principal, at now: Timestamp
    ) async throws(StoreError) -> AccessToken {
        try await database.change(at: now) { database in
            guard var accessToken = try Self.accessToken(id, in: database) else { throw StoreError.notFound }
            guard accessToken.revokedAt == nil else { return .unchanged(accessToken) }
            accessToken.revokedAt = now
            try database.execute(
                sql: "UPDATE access_tokens SET revoked_at = ? WHERE id = ?",
                arguments: [now.milliseconds, id.rawValue])
            return .made(
                accessToken,
                AuditEvent(
                    principal: principal, action: .tokenRevoked, subject: id.rawValue,
                    details: [AuditEvent.Detail("project", accessToken.project.rawValue)]))
        }
    }

    /// Writes down that the access token was seen expired, so that a clock that goes back does not revive it.
    /// Only the first sight counts, and only from `expiresAt` on. Throws `notFound`.
    package func recordExpiry(
        _ id: AccessTokenID, at now: Timestamp
    ) async throws(StoreError) -> AccessToken {
        try await database.change(at: now) { database in
            guard var accessToken = try Self.accessToken(id, in: database) else { throw StoreError.notFound }
            guard accessToken.expiredAt == nil, let expiry = accessToken.expiresAt, expiry <= now else {
                return .unchanged(accessToken)
            }
            accessToken.expiredAt = now
            try database.execute(
                sql: "UPDATE access_tokens SET expired_at = ? WHERE id = ?",
                arguments: [now.milliseconds, id.rawValue])
            return .made(
                accessToken,
                AuditEvent(
                    principal: .system, action: .tokenExpired, subject: id.rawValue,
                    details: [AuditEvent.Detail("project", accessToken.project.rawValue)]))
        }
    }

    private static func accessToken(_ id: AccessTokenID, in database: Database) throws -> AccessToken? {
        try Row.fetchOne(
            database, sql: "SELECT * FROM access_tokens WHERE id = ?", arguments: [id.rawValue]
        )?.accessToken()
    }
}
