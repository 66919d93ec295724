package import Domain
import GRDB

/// Invitations: made, looked up by hash, listed, revoked, and claimed.
extension Store {
    /// Throws `notFound` or `archived` for the project; `conflict` where the id or the hash is there already.
    package func createInvitation(
        _ invitation: Invitation, by context: ChangeContext
    ) async throws(StoreError) {
        try await database.change(by: context) { database in
            let order = invitation.order
            try Self.requireOpen(order.project, in: database)
            try invitation.insert(in: database)
            let details =
                [
                    AuditEvent.Detail("project", order.project.rawValue),
                    AuditEvent.Detail("name", order.name.rawValue),
                    AuditEvent.Detail("owner", order.owner?.rawValue ?? "none"),
                    AuditEvent.Detail("labels", order.labels.description),
                    AuditEvent.Detail("lifetime", order.lifetime.stored),
                    AuditEvent.Detail("limits", order.limits.description),
                    AuditEvent.Detail("expires_at", String(invitation.expiresAt.milliseconds)),
                ] + order.grants.details
            return .made(
                (),
                AuditEvent(
                    principal: context.principal, action: .invitationCreated, subject: invitation.id.rawValue,
                    details: details.filter { $0.value != "none" }))
        }
    }

    package func invitation(_ id: InvitationID) async throws(StoreError) -> Invitation? {
        try await database.read { try Self.invitation(id, in: $0) }
    }

    /// Claimed, revoked and expired ones too: the caller looks.
    package func invitation(hash: CredentialHash) async throws(StoreError) -> Invitation? {
        try await database.read { database in
            try Invitation.first("WHERE hash = ?", [hash.bytes.data], in: database)
        }
    }

    /// Of one project or of all, with `text` in the name or as the id, from the one behind `place`.
    package func listInvitations(
        of project: ProjectID? = nil, text: String? = nil, by order: ListOrder = .newestFirst,
        after place: ListPlace? = nil, limit: Int
    ) async throws(StoreError) -> Page<Invitation> {
        try await database.read { database in
            var selection = ListSelection<Invitation>()
            if let project { selection.require("project = ?", [project.rawValue]) }
            if let text { selection.search(text) }
            return try selection.page(order, after: place, limit: limit, in: database)
        }
    }

    /// Throws `notFound`, and `claimed` where it is too late. What is revoked stays revoked since the first
    /// time, and a second time leaves no event.
    package func revokeInvitation(
        _ id: InvitationID, by context: ChangeContext
    ) async throws(StoreError) -> Invitation {
        try await database.change(by: context) { database in
            guard var invitation = try Self.invitation(id, in: database) else { throw StoreError.notFound }
            guard invitation.claim == nil else { throw StoreError.claimed }
            guard invitation.revokedAt == nil else { return .unchanged(invitation) }
            invitation.revokedAt = context.now
            try invitation.update(.revokedAt, in: database)
            return .made(
                invitation,
                AuditEvent(
                    principal: context.principal, action: .invitationRevoked, subject: id.rawValue,
                    details: [AuditEvent.Detail("project", invitation.order.project.rawValue)]))
        }
    }

    /// Makes the access token that the invitation is for, in its own name: both, or nothing. Throws
    /// `notFound`, `claimed` where it is not open any more, whatever the reason, and `archived` for the
    /// project. Returns the limits as they are kept.
    package func claimInvitation(
        _ id: InvitationID, as accessToken: AccessToken, from address: IPAddress?, at now: Timestamp
    ) async throws(StoreError) -> [LimitRecord] {
        let context = ChangeContext(by: .invitation(id).calling(from: address), at: now)
        return try await database.change(by: context) { database in
            guard var invitation = try Self.invitation(id, in: database) else { throw StoreError.notFound }
            guard invitation.status(at: now) == .open else { throw StoreError.claimed }
            try Self.requireOpen(invitation.order.project, in: database)
            let (records, details) = try Self.insert(
                accessToken, limits: invitation.order.limits, at: now, in: database)
            invitation.claim = Invitation.Claim(at: now, address: address, accessToken: accessToken.id)
            try invitation.update(.claimedAt, .claimedFrom, .accessToken, in: database)
            return .made(
                records,
                [
                    AuditEvent(
                        principal: context.principal, action: .invitationClaimed, subject: id.rawValue,
                        details: [
                            AuditEvent.Detail("project", accessToken.project.rawValue),
                            AuditEvent.Detail("access_token", accessToken.id.rawValue),
                            AuditEvent.Detail("address", address?.description ?? "unknown"),
                        ]),
                    AuditEvent(
                        principal: context.principal, action: .tokenIssued, subject: accessToken.id.rawValue,
                        details: details),
                ])
        }
    }

    static func invitation(_ id: InvitationID, in database: Database) throws -> Invitation? {
        try Invitation.find([id.rawValue], in: database)
    }
}
