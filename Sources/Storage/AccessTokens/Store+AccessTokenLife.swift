package import Domain
import GRDB

/// What becomes of an access token after its issue: suspended, resumed, rotated, and reissued after its end.
extension Store {
    /// Throws `notFound` or `revoked`. What is suspended stays so since the first time, and a second time
    /// leaves no event.
    package func suspendAccessToken(
        _ id: AccessTokenID, by context: ChangeContext
    ) async throws(StoreError) -> AccessToken {
        try await setSuspension(of: id, to: context.now, .tokenSuspended, by: context)
    }

    /// Throws `notFound` or `revoked`. One that is not suspended stays as it is, and that leaves no event.
    package func resumeAccessToken(
        _ id: AccessTokenID, by context: ChangeContext
    ) async throws(StoreError) -> AccessToken {
        try await setSuspension(of: id, to: nil, .tokenResumed, by: context)
    }

    private func setSuspension(
        of id: AccessTokenID, to moment: Timestamp?, _ action: AuditEvent.Action, by context: ChangeContext
    ) async throws(StoreError) -> AccessToken {
        try await database.change(by: context) { database in
            guard var accessToken = try Self.accessToken(id, in: database) else { throw StoreError.notFound }
            guard accessToken.revokedAt == nil else { throw StoreError.revoked }
            guard (accessToken.suspendedAt == nil) != (moment == nil) else { return .unchanged(accessToken) }
            accessToken.suspendedAt = moment
            try accessToken.update(.suspendedAt, in: database)
            return .made(
                accessToken,
                AuditEvent(
                    principal: context.principal, action: action, subject: id.rawValue,
                    details: [AuditEvent.Detail("project", accessToken.project.rawValue)]))
        }
    }

    /// Makes a successor with all that the access token has, of the same lineage; its limits and what is used
    /// of them are the lineage's. The one before works until `grace` is over, or to its end where that comes
    /// first. The successor has the same end, or another where `lifetime` is given.
    ///
    /// Throws `notFound`, `revoked`, `expired`, `suspended`, `rotated` where it was rotated before,
    /// `archived` for the project, and `conflict` where the new id or hash is there already.
    package func rotateAccessToken(
        _ id: AccessTokenID, to successor: AccessTokenSuccessor, grace: Int64, by context: ChangeContext
    ) async throws(StoreError) -> (old: AccessToken, new: AccessToken) {
        try await database.change(by: context) { database in
            guard var old = try Self.accessToken(id, in: database) else { throw StoreError.notFound }
            try Self.requireRotatable(old, at: context.now)
            try Self.requireOpen(old.project, in: database)
            let new = try Self.insertSuccessor(
                of: old, as: successor,
                until: successor.lifetime.map { $0.end(from: context.now) } ?? old.expiresAt,
                at: context.now, in: database)

            let before = Self.details(of: old)
            let end = context.now.adding(seconds: grace)
            old.expiresAt = old.expiresAt.map { min($0, end) } ?? end
            old.rotatedTo = new.id
            try old.update(.expiresAt, .rotatedTo, in: database)
            let details =
                [
                    AuditEvent.Detail("project", old.project.rawValue),
                    AuditEvent.Detail("rotated_to", new.id.rawValue),
                ] + .difference(from: before, to: Self.details(of: old))
            return .made(
                (old, new),
                [
                    AuditEvent(
                        principal: context.principal, action: .tokenRotated, subject: old.id.rawValue,
                        details: details),
                    Self.issueEvent(of: new, by: context.principal),
                ])
        }
    }

    /// Makes a successor of an access token that has ended, which stays ended. The successor has all that the
    /// old one had, of the same lineage, so what was used of its limits stays used. Without a `lifetime` it
    /// ends when a revoked one would have.
    ///
    /// Throws `notFound`, `notEnded` for one that is active or suspended, `honey`, `rotated` where it has a
    /// successor already, `expired` where its time is over and no `lifetime` is given, `archived` for the
    /// project, and `conflict` where the new id or hash is there already.
    package func reissueAccessToken(
        _ id: AccessTokenID, to successor: AccessTokenSuccessor, by context: ChangeContext
    ) async throws(StoreError) -> (old: AccessToken, new: AccessToken) {
        try await database.change(by: context) { database in
            guard var old = try Self.accessToken(id, in: database) else { throw StoreError.notFound }
            try Self.requireReissuable(old, at: context.now)
            try Self.requireOpen(old.project, in: database)
            let new = try Self.insertSuccessor(
                of: old, as: successor, until: try Self.end(of: successor, after: old, at: context.now),
                at: context.now,
                in: database)
            old.rotatedTo = new.id
            try old.update(.rotatedTo, in: database)
            return .made(
                (old, new),
                [
                    AuditEvent(
                        principal: context.principal, action: .tokenReissued, subject: old.id.rawValue,
                        details: [
                            AuditEvent.Detail("project", old.project.rawValue),
                            AuditEvent.Detail("rotated_to", new.id.rawValue),
                        ]),
                    Self.issueEvent(of: new, by: context.principal),
                ])
        }
    }

    /// The old one's project has to be open.
    private static func insertSuccessor(
        of old: AccessToken, as successor: AccessTokenSuccessor, until end: Timestamp?, at now: Timestamp,
        in database: Database
    ) throws -> AccessToken {
        var new = AccessToken(
            id: successor.id, project: old.project, name: old.name, hash: successor.hash, createdAt: now,
            expiresAt: end)
        new.lineage = old.lineage
        new.grants = old.grants
        new.isHoney = old.isHoney
        new.owner = old.owner
        new.labels = old.labels
        new.description = old.description
        new.rotatedFrom = old.id
        try insertRow(of: new, in: database)
        return new
    }

    private static func issueEvent(of new: AccessToken, by principal: Principal) -> AuditEvent {
        let details =
            [
                AuditEvent.Detail("project", new.project.rawValue),
                AuditEvent.Detail("rotated_from", new.rotatedFrom?.rawValue ?? "none"),
            ] + details(of: new)
        return AuditEvent(
            principal: principal, action: .tokenIssued, subject: new.id.rawValue,
            details: details.filter { $0.value != "none" })
    }

    private static func requireReissuable(_ accessToken: AccessToken, at now: Timestamp) throws {
        switch accessToken.status(at: now) {
        case .active, .suspended: throw StoreError.notEnded
        case .expired, .revoked: break
        }
        guard !accessToken.isHoney else { throw StoreError.honey }
        guard accessToken.rotatedTo == nil else { throw StoreError.rotated }
    }

    /// When the successor of one that has ended ends itself; nil is never.
    private static func end(
        of successor: AccessTokenSuccessor, after old: AccessToken, at now: Timestamp
    ) throws -> Timestamp? {
        if let lifetime = successor.lifetime { return lifetime.end(from: now) }
        // What expired has nothing left; of an idle one nobody can tell how much it would have had.
        guard old.revokedAt != nil, old.expiredAt == nil else { throw StoreError.expired }
        guard let end = old.expiresAt else { return nil }
        guard end > now else { throw StoreError.expired }
        return end
    }

    private static func requireRotatable(_ accessToken: AccessToken, at now: Timestamp) throws {
        guard accessToken.rotatedTo == nil else { throw StoreError.rotated }
        switch accessToken.status(at: now) {
        case .active: break
        case .suspended: throw StoreError.suspended
        case .expired: throw StoreError.expired
        case .revoked: throw StoreError.revoked
        }
    }
}
