package import Domain
import GRDB

/// Access tokens: issued, looked up, listed, changed, revoked, and seen expired.
extension Store {
    /// Throws `notFound` or `archived` for the project; `conflict` where the id or the hash is there already.
    /// Returns the limits as they are kept.
    @discardableResult
    package func issueAccessToken(
        _ accessToken: AccessToken, limits: LimitSet = .none, by context: ChangeContext
    ) async throws(StoreError) -> [LimitRecord] {
        try await database.change(by: context) { database in
            try Self.requireOpen(accessToken.project, in: database)
            let (records, details) = try Self.insert(
                accessToken, limits: limits, at: context.now, in: database)
            return .made(
                records,
                AuditEvent(
                    principal: context.principal, action: .tokenIssued, subject: accessToken.id.rawValue,
                    details: details))
        }
    }

    /// The project has to be open. Returns the limits as they are kept, and what an audit event says of it
    /// all.
    static func insert(
        _ accessToken: AccessToken, limits: LimitSet, at now: Timestamp, in database: Database
    ) throws -> (records: [LimitRecord], details: [AuditEvent.Detail]) {
        try insertRow(of: accessToken, in: database)
        let records = try setLimits(limits, of: accessToken.limitSubject, at: now, in: database)
        let details =
            [AuditEvent.Detail("project", accessToken.project.rawValue)] + details(of: accessToken)
            + .difference(from: [], to: limits)
        return (records, details.filter { $0.value != "none" })
    }

    static func insertRow(of accessToken: AccessToken, in database: Database) throws {
        try accessToken.insert(in: database)
        if !accessToken.labels.isEmpty { try accessToken.labels.write(of: accessToken.id, in: database) }
    }

    /// Throws `notFound`, `archived` for the project, `revoked`, and `idle` where a later expiry alone would
    /// not make an idle one work again. One that was seen expired works again where the change puts its end
    /// into the future. A change that changes nothing leaves no event. Returns the access token and its
    /// limits as they are now.
    package func updateAccessToken(
        _ id: AccessTokenID, _ change: AccessTokenChange, by context: ChangeContext
    ) async throws(StoreError) -> (accessToken: AccessToken, limits: [LimitRecord]) {
        try await database.change(by: context) { database in
            guard let old = try Self.accessToken(id, in: database) else { throw StoreError.notFound }
            var records = try Self.limitRecords(of: old.limitSubject, in: database)
            try context.ifMatch?.require(.accessToken(old, limits: records))
            guard old.revokedAt == nil else { throw StoreError.revoked }
            try Self.requireOpen(old.project, in: database)
            let accessToken = try Self.apply(change, to: old, at: context.now)
            let details: [AuditEvent.Detail] =
                .difference(from: Self.details(of: old), to: Self.details(of: accessToken))
                + .difference(from: records, to: change.limits)
            guard !details.isEmpty else { return .unchanged((old, records)) }
            try accessToken.updateAll(in: database)
            if accessToken.labels != old.labels { try accessToken.labels.write(of: id, in: database) }
            if let limits = change.limits {
                records = try Self.setLimits(limits, of: old.limitSubject, at: context.now, in: database)
            }
            return .made(
                (accessToken, records),
                AuditEvent(
                    principal: context.principal, action: .tokenUpdated, subject: id.rawValue,
                    details: [AuditEvent.Detail("project", old.project.rawValue)] + details))
        }
    }

    private static func apply(
        _ change: AccessTokenChange, to old: AccessToken, at now: Timestamp
    ) throws -> AccessToken {
        var accessToken = old
        accessToken.name = change.name ?? old.name
        accessToken.owner = change.owner ?? old.owner
        accessToken.labels = change.labels ?? old.labels
        accessToken.description = change.description ?? old.description
        for grant in change.grants { accessToken.grants.apply(grant) }
        guard let lifetime = change.lifetime else { return accessToken }
        accessToken.expiresAt = lifetime.end(from: now)
        guard old.expiredAt != nil else { return accessToken }
        if let end = accessToken.end, end <= now { throw StoreError.idle }
        accessToken.expiredAt = nil
        return accessToken
    }

    static func details(of accessToken: AccessToken) -> [AuditEvent.Detail] {
        [
            AuditEvent.Detail("name", accessToken.name.rawValue),
            AuditEvent.Detail("owner", accessToken.owner?.rawValue ?? "none"),
            AuditEvent.Detail("labels", accessToken.labels.description),
            AuditEvent.Detail("description", accessToken.description?.rawValue ?? "none"),
            AuditEvent.Detail("expires_at", accessToken.expiresAt.map { String($0.milliseconds) } ?? "none"),
            AuditEvent.Detail("honey", accessToken.isHoney ? "true" : "none"),
        ] + accessToken.grants.details
    }

    package func accessToken(_ id: AccessTokenID) async throws(StoreError) -> AccessToken? {
        try await database.read { try Self.accessToken(id, in: $0) }
    }

    /// Throws `notFound`. What is revoked stays revoked since the first time, and a second time leaves no
    /// event.
    package func revokeAccessToken(
        _ id: AccessTokenID, by context: ChangeContext
    ) async throws(StoreError) -> AccessToken {
        try await database.change(by: context) { database in
            guard var accessToken = try Self.accessToken(id, in: database) else { throw StoreError.notFound }
            guard accessToken.revokedAt == nil else { return .unchanged(accessToken) }
            accessToken.revokedAt = context.now
            try accessToken.update(.revokedAt, in: database)
            return .made(
                accessToken,
                AuditEvent(
                    principal: context.principal, action: .tokenRevoked, subject: id.rawValue,
                    details: [AuditEvent.Detail("project", accessToken.project.rawValue)]))
        }
    }

    /// Writes down that the access token was seen expired, so that a clock that goes back does not revive it.
    /// Only the first sight counts, and only from its `end` on. Throws `notFound`.
    package func recordExpiry(
        _ id: AccessTokenID, at now: Timestamp
    ) async throws(StoreError) -> AccessToken {
        try await database.change(by: .system(at: now)) { database in
            guard var accessToken = try Self.accessToken(id, in: database) else { throw StoreError.notFound }
            guard accessToken.expiredAt == nil, let end = accessToken.end, end <= now else {
                return .unchanged(accessToken)
            }
            accessToken.expiredAt = now
            // What was idle for too long has its end from now on, whatever becomes of its idle time.
            accessToken.expiresAt = accessToken.expiresAt.map { min($0, now) } ?? now
            try accessToken.update(.expiredAt, .expiresAt, in: database)
            return .made(
                accessToken,
                AuditEvent(
                    principal: .system, action: .tokenExpired, subject: id.rawValue,
                    details: [AuditEvent.Detail("project", accessToken.project.rawValue)]))
        }
    }

    static func accessToken(_ id: AccessTokenID, in database: Database) throws -> AccessToken? {
        try AccessToken.find([id.rawValue], in: database)
    }
}

extension AccessToken {
    /// What its limits belong to.
    package var limitSubject: LimitSubject { .lineage(lineage, of: project) }
}
