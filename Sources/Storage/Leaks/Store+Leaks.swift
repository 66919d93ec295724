package import Domain
import GRDB

/// Credentials that were found where they should not be.
extension Store {
    /// How many hashes one statement asks for.
    private static let hashesAtOnce = 500

    /// Those with one of these hashes, revoked ones too, of one moment.
    package func leakedRecords(_ hashes: [CredentialHash]) async throws(StoreError) -> LeakedRecords {
        try await database.read { database in
            var records = LeakedRecords()
            for start in stride(from: 0, to: hashes.count, by: Self.hashesAtOnce) {
                let part = hashes[start..<min(start + Self.hashesAtOnce, hashes.count)]
                let arguments = StatementArguments(part.map(\.bytes.data))
                let wanted = "WHERE hash IN (\(databaseQuestionMarks(count: part.count)))"
                records.accessTokens += try AccessToken.all(wanted, arguments, in: database)
                records.managementKeys += try ManagementKey.all(wanted, arguments, in: database)
                records.invitations += try Invitation.all(wanted, arguments, in: database)
            }
            return records
        }
    }

    /// Revokes all of them at once, of invitations those that are open still. Each that was not revoked yet
    /// has its own event, with the reason `leaked`; an access token its alarm too. Where no unlimited
    /// management key would be left, one of these stays: the principal's own where that is one of them, else
    /// the newest.
    ///
    /// Returns them as they are now; what is not there any more is left out.
    package func revokeLeaked(
        _ leaked: LeakedRecords, by context: ChangeContext
    ) async throws(StoreError) -> LeakedRecords {
        try await database.change(by: context) { database in
            var records = LeakedRecords()
            var events: [AuditEvent] = []
            for id in leaked.accessTokens.map(\.id) {
                guard var accessToken = try Self.accessToken(id, in: database) else { continue }
                if accessToken.revokedAt == nil {
                    accessToken.revokedAt = context.now
                    try accessToken.update(.revokedAt, in: database)
                    events.append(
                        AuditEvent(
                            principal: context.principal, action: .tokenRevoked, subject: id.rawValue,
                            details: [
                                AuditEvent.Detail("project", accessToken.project.rawValue),
                                AuditEvent.Detail("reason", "leaked"),
                            ]))
                    try Self.insert(
                        AlarmRecord(
                            .leakedTokenRevoked(
                                id, project: accessToken.project, by: context.principal, at: context.now),
                            id: .random()), in: database)
                }
                records.accessTokens.append(accessToken)
            }
            let (keys, keyEvents) = try Self.revokeLeaked(
                leaked.managementKeys.map(\.id), by: context, in: database)
            records.managementKeys = keys
            events += keyEvents
            for id in leaked.invitations.map(\.id) {
                guard var invitation = try Self.invitation(id, in: database) else { continue }
                if invitation.status(at: context.now) == .open {
                    invitation.revokedAt = context.now
                    try invitation.update(.revokedAt, in: database)
                    events.append(
                        AuditEvent(
                            principal: context.principal, action: .invitationRevoked, subject: id.rawValue,
                            details: [
                                AuditEvent.Detail("project", invitation.order.project.rawValue),
                                AuditEvent.Detail("reason", "leaked"),
                            ]))
                }
                records.invitations.append(invitation)
            }
            return events.isEmpty ? .unchanged(records) : .made(records, events)
        }
    }

    private static func revokeLeaked(
        _ ids: [ManagementKeyID], by context: ChangeContext,
        in database: Database
    ) throws -> ([ManagementKey], [AuditEvent]) {
        guard !ids.isEmpty else { return ([], []) }
        let all = try ManagementKey.all("ORDER BY created_at DESC, id DESC", in: database)
        let leaked = Set(ids)
        var kept: ManagementKeyID?
        if !all.contains(where: { $0.isUnlimited && !leaked.contains($0.id) }) {
            let candidates = all.filter { $0.isUnlimited }
            let own = candidates.first { .managementKey($0.id) == context.principal.identity }
            kept = (own ?? candidates.first)?.id
        }
        var events: [AuditEvent] = []
        var keys = all.filter { leaked.contains($0.id) }
        for index in keys.indices where keys[index].revokedAt == nil && keys[index].id != kept {
            keys[index].revokedAt = context.now
            try keys[index].update(.revokedAt, in: database)
            events.append(
                AuditEvent(
                    principal: context.principal, action: .managementKeyRevoked,
                    subject: keys[index].id.rawValue,
                    details: [AuditEvent.Detail("reason", "leaked")]))
        }
        return (keys, events)
    }

    /// Writes down that a honey token was used `count` times, last from `address`, and the alarm. Throws
    /// `notFound`.
    package func recordHoneyUse(
        _ id: AccessTokenID, count: Int, from address: IPAddress?, at now: Timestamp
    ) async throws(StoreError) {
        try await database.change(by: .system(at: now)) { database in
            guard let accessToken = try Self.accessToken(id, in: database) else {
                throw StoreError.notFound
            }
            try Self.insert(
                AlarmRecord(.honeyTokenUsed(id, count: count, from: address, at: now), id: .random()),
                in: database)
            return .made(
                (),
                AuditEvent(
                    principal: .system, action: .honeyTokenUsed, subject: id.rawValue,
                    details: [
                        AuditEvent.Detail("project", accessToken.project.rawValue),
                        AuditEvent.Detail("count", String(count)),
                        AuditEvent.Detail("address", address?.description ?? "unknown"),
                    ]))
        }
    }
}
