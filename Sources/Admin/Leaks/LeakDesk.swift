package import Domain
package import Gateway
import Storage
package import Vault

/// What happens to credentials that were found where they should not be: it tells which are ours, revokes
/// them, and raises the alarm.
///
/// Credentials are looked up by their keyed hash, so that nobody has one revoked whose text they do not have.
/// A honey token is never revoked here: being found is what it is for.
package struct LeakDesk: Sendable {
    let control: ControlPlane
    private let keyRing: KeyRing
    private let alarms: any AlarmSink
    private let honeyUsed: @Sendable (AccessTokenID, Timestamp, IPAddress?) -> Void

    /// `honeyUsed` is told of a honey token that somebody sent to have it revoked; it must return at once.
    package init(
        control: ControlPlane, keyRing: KeyRing, alarms: any AlarmSink,
        honeyUsed: @escaping @Sendable (AccessTokenID, Timestamp, IPAddress?) -> Void
    ) {
        self.control = control
        self.keyRing = keyRing
        self.alarms = alarms
        self.honeyUsed = honeyUsed
    }

    func search() -> LeakSearch { LeakSearch(keyRing) }

    // MARK: - For operators

    /// Revokes what the text held, as far as `caller` reaches, unless it is a dry run. When this returns,
    /// nothing of it is dispatched any more. `since` nil: each access token's usage counts from its creation.
    func report(
        on search: LeakSearch, since: Timestamp?, isDryRun: Bool, for caller: Operator
    ) async throws -> LeakReportResource {
        let now = control.now()
        var found = try await control.store.leakedRecords(search.hashes)
        found.accessTokens.removeAll { !caller.reaches($0.project) }
        found.managementKeys.removeAll { caller.project != nil && $0.project != caller.project }
        found.invitations.removeAll { !caller.reaches($0.order.project) }
        found.sort(by: search.hashes)
        var leaked = found
        if caller.role < .admin { leaked.managementKeys = [] }
        let after = isDryRun ? LeakedRecords() : try await revoke(leaked, by: caller.context)
        let usage = try await usage(of: found.accessTokens, since: since)
        let names = try await control.store.usageNames(
            projects: Set(found.accessTokens.map(\.project) + found.invitations.map(\.order.project)),
            accessTokens: [])
        let tokens = found.accessTokens.map { accessToken in
            LeakedTokenResource(
                id: accessToken.id.rawValue, project: accessToken.project.rawValue,
                projectName: names.projects[accessToken.project] ?? "", name: accessToken.name.rawValue,
                owner: accessToken.owner?.rawValue, status: accessToken.status(at: now).rawValue,
                outcome: Self.outcome(of: accessToken, isDryRun: isDryRun),
                lastUsedAt: accessToken.lastUsedAt?.rfc3339,
                usage: LeakUsageResource(
                    since: (since ?? accessToken.createdAt).rfc3339,
                    amounts: UsageAmounts(usage[accessToken.id] ?? UsageSums())))
        }
        let keys = found.managementKeys.map { key in
            LeakedKeyResource(
                id: key.id.rawValue, name: key.name.rawValue, role: key.role.rawValue,
                outcome: Self.outcome(of: key, after: after, isDryRun: isDryRun, for: caller))
        }
        let invitations = found.invitations.map { found in
            let invitation = after.invitations.first { $0.id == found.id } ?? found
            return LeakedInvitationResource(
                id: found.id.rawValue, project: found.order.project.rawValue,
                projectName: names.projects[found.order.project] ?? "", name: found.order.name.rawValue,
                outcome: Self.outcome(of: found, after: invitation, at: now),
                tokenID: invitation.claim?.accessToken.rawValue)
        }
        return LeakReportResource(
            dryRun: isDryRun, tokens: tokens, managementKeys: keys, invitations: invitations,
            unknown: search.hashes.count - tokens.count - keys.count - invitations.count)
    }

    private static func outcome(of accessToken: AccessToken, isDryRun: Bool) -> LeakOutcome {
        if accessToken.revokedAt != nil { return .alreadyRevoked }
        if accessToken.isHoney { return .honey }
        return isDryRun ? .wouldBeRevoked : .revoked
    }

    private static func outcome(
        of key: ManagementKey, after: LeakedRecords, isDryRun: Bool, for caller: Operator
    ) -> LeakOutcome {
        if key.revokedAt != nil { return .alreadyRevoked }
        guard caller.role >= .admin else { return .needsAdmin }
        if isDryRun { return .wouldBeRevoked }
        let isRevoked = after.managementKeys.contains { $0.id == key.id && $0.revokedAt != nil }
        return isRevoked ? .revoked : .lastKey
    }

    /// `after` is as it stands now: somebody may have claimed it meanwhile. In a dry run it is open still.
    private static func outcome(
        of found: Invitation, after: Invitation, at now: Timestamp
    ) -> LeakOutcome {
        switch after.status(at: now) {
        case .open: .wouldBeRevoked
        case .claimed: .claimed
        case .expired: .expired
        case .revoked: found.revokedAt == nil ? .revoked : .alreadyRevoked
        }
    }

    /// From whole quarters of an hour where the rows of that time are kept no longer.
    private func usage(
        of accessTokens: [AccessToken], since: Timestamp?
    ) async throws -> [AccessTokenID: UsageSums] {
        guard let first = accessTokens.map(\.createdAt).min() else { return [:] }
        let quarter: Int64 = 900_000
        func floor(_ moment: Timestamp) -> Int64 { moment.milliseconds / quarter * quarter }
        // Nothing was used before it was made.
        let from = since ?? Timestamp(milliseconds: floor(first))
        let to = Timestamp(milliseconds: floor(control.now()) + quarter)
        guard from < to else { return [:] }
        var query = UsageQuery(from: from, to: to, dimensions: [.accessToken], limit: accessTokens.count)
        query.accessTokens = Set(accessTokens.map(\.id))
        let report: UsageReport
        do {
            report = try await control.store.usageReport(query)
        } catch {
            guard error == .rowsRetired else { throw error }
            query.from = Timestamp(milliseconds: floor(from))
            report = try await control.store.usageReport(query)
        }
        let rows = report.rows.compactMap { row in
            row.names.first.flatMap { AccessTokenID($0) }.map { ($0, row.sums) }
        }
        return Dictionary(rows) { first, _ in first }
    }

    // MARK: - For whoever finds them

    /// Revokes the access tokens and the invitations of a text, whosever they are. Tells nobody whether there
    /// were any.
    func revokeAll(in search: LeakSearch, by principal: Principal, from address: IPAddress?) async throws {
        let context = ChangeContext(by: principal.calling(from: address), at: control.now())
        // What an access token of ours would fail of, any other fails of too.
        try await control.store.ping()
        var found = try await control.store.leakedRecords(search.hashes)
        found.managementKeys = []
        for accessToken in found.accessTokens where accessToken.isHoney && accessToken.revokedAt == nil {
            honeyUsed(accessToken.id, context.now, address)
        }
        _ = try await revoke(found, by: context)
    }

    private func revoke(_ found: LeakedRecords, by context: ChangeContext) async throws -> LeakedRecords {
        var leaked = found
        leaked.accessTokens.removeAll { $0.isHoney }
        guard !leaked.isEmpty else { return LeakedRecords() }
        let after = try await control.revokeLeaked(leaked, by: context)
        let now = control.now()
        for accessToken in leaked.accessTokens where accessToken.revokedAt == nil {
            alarms.raise(
                .leakedTokenRevoked(
                    accessToken.id, project: accessToken.project, by: context.principal, at: now))
        }
        return after
    }
}

extension LeakedRecords {
    /// In the order of `hashes`.
    fileprivate mutating func sort(by hashes: [CredentialHash]) {
        let places = Dictionary(zip(hashes, hashes.indices)) { first, _ in first }
        accessTokens.sort { places[$0.hash, default: 0] < places[$1.hash, default: 0] }
        managementKeys.sort { places[$0.hash, default: 0] < places[$1.hash, default: 0] }
        invitations.sort { places[$0.hash, default: 0] < places[$1.hash, default: 0] }
    }
}
