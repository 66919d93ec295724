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
            var selection = ListSelection<AccessToken>()
            selection.require(AccessTokenCondition(filter, at: now))
            return try selection.page(order, after: place, limit: limit, in: database)
        }
    }

    /// Those that fit and are not revoked, newest first, honey tokens only if the filter asks for them: what
    /// a bulk revocation that begins now revokes. They are of one moment.
    package func revocableAccessTokens(
        _ filter: AccessTokenFilter, at now: Timestamp
    ) async throws(StoreError) -> [RevocationStep.Target] {
        try await database.read { database in
            let condition = Self.revocable(filter, at: now)
            let rows = try RawStatement(
                """
                SELECT id, rotated_to FROM access_tokens WHERE \(condition.sql)
                ORDER BY created_at DESC, id DESC
                """, condition.arguments, in: database)
            defer { rows.reset() }
            var targets: [RevocationStep.Target] = []
            while try rows.step() {
                guard let id = AccessTokenID(rows.text(0)) else { throw StoreError.corrupt }
                targets.append(RevocationStep.Target(id, hasSuccessor: !rows.isNull(1)))
            }
            return targets
        }
    }

    /// These access tokens, in their order; what is not there is left out.
    package func accessTokens(
        _ ids: some Collection<AccessTokenID> & Sendable
    ) async throws(StoreError) -> [AccessToken] {
        try await database.read { try Self.accessTokens(ids, in: $0) }
    }

    /// One step of a revocation of many, in one transaction with an event for each access token that it
    /// revokes. It looks at no filter again: it revokes all of its targets that are not revoked, whatever
    /// became of them since they were chosen, and the successors that they got since then by rotation or
    /// reissue, and those of these.
    ///
    /// Returns the access tokens that it revoked, its targets first and in their order, and the step that is
    /// left where there are more successors than one step takes; nil if none are left.
    package func revokeAccessTokens(
        _ step: RevocationStep, by context: ChangeContext
    ) async throws(StoreError) -> (revoked: [AccessToken], rest: RevocationStep?) {
        try await database.change(by: context) { database in
            var (revoked, events) = ([AccessToken](), [AuditEvent]())
            var (targets, room) = (step.targets, step.targets.count + RevocationStep.limit)
            while !targets.isEmpty, room >= targets.count {
                room -= targets.count
                let accessTokens = try Self.accessTokens(targets.map(\.id), in: database)
                for var accessToken in accessTokens where accessToken.revokedAt == nil {
                    accessToken.revokedAt = context.now
                    try accessToken.update(.revokedAt, in: database)
                    revoked.append(accessToken)
                    events.append(Self.event(of: accessToken, in: step, by: context.principal))
                }
                let settled = Set(targets.lazy.filter(\.hasSuccessor).map(\.id))
                targets = ArraySlice(
                    accessTokens.filter { !settled.contains($0.id) }.compactMap(\.rotatedTo)
                        .map { RevocationStep.Target($0) })
            }
            let rest = targets.isEmpty ? nil : RevocationStep(targets, of: step.total)
            return events.isEmpty ? .unchanged((revoked, rest)) : .made((revoked, rest), events)
        }
    }

    private static func event(
        of accessToken: AccessToken, in step: RevocationStep, by principal: Principal
    ) -> AuditEvent {
        AuditEvent(
            principal: principal, action: .tokenRevoked, subject: accessToken.id.rawValue,
            details: [
                AuditEvent.Detail("project", accessToken.project.rawValue),
                AuditEvent.Detail("bulk", String(step.total)),
            ])
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
        _ ids: some Collection<AccessTokenID>, in database: Database
    ) throws -> [AccessToken] {
        let found = try AccessToken.all(
            "WHERE id IN (\(databaseQuestionMarks(count: ids.count)))",
            StatementArguments(ids.map(\.rawValue)), in: database)
        let byID = Dictionary(found.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        return ids.compactMap { byID[$0] }
    }
}
