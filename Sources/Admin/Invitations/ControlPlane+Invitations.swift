package import Domain
import Gateway
package import Storage
package import Vault

/// Access tokens that are minted by whoever they are for.
extension ControlPlane {
    /// `lifetime`: of the invitation, in seconds. An access token's own end ends the invitation too. The
    /// secret is in the answer, and nowhere else.
    package func createInvitation(
        _ order: AccessTokenOrder, lifetime: Int64, by context: ChangeContext
    ) async throws -> (invitation: Invitation, secret: Secret) {
        try await changes.run(context) { [self] context in
            let minted = keyRing.mint(.invitation)
            var end = context.now.adding(seconds: lifetime)
            if case .until(let moment) = order.lifetime { end = min(end, moment) }
            let invitation = Invitation(
                id: InvitationID(digits: minted.idDigits), hash: minted.hash, order: order,
                createdAt: context.now, expiresAt: end)
            try await store.createInvitation(invitation, by: context)
            return (invitation, minted.text)
        }
    }

    /// The invitation with this id; throws a 404 ``Problem`` where there is none in the operator's reach.
    func invitation(_ id: String, for caller: Operator) async throws -> Invitation {
        guard let invitation = try await store.invitation(InvitationID(reference: id)),
            caller.reaches(invitation.order.project)
        else { throw Problem.noSuch(.invitation) }
        return invitation
    }

    package func revokeInvitation(_ id: InvitationID, by context: ChangeContext) async throws -> Invitation {
        try await changes.run(context) { [self] context in
            try await store.revokeInvitation(id, by: context)
        }
    }

    /// What the secret's invitation is for, and who made it: changes nothing. Throws like
    /// ``claimInvitation(_:from:)``.
    package func previewInvitation(_ secret: Secret) async throws -> InvitationPreview {
        let invitation = try await openInvitation(of: try hash(ofInvitation: secret))
        guard let project = try await store.project(invitation.order.project) else {
            throw Problem.unknownInvitation
        }
        guard project.state != .archived else { throw StoreError.archived }
        return InvitationPreview(
            invitation: invitation, project: project, inviter: try await inviter(of: invitation.id))
    }

    /// The name of the management key that made it; nil if it was made otherwise.
    private func inviter(of id: InvitationID) async throws -> Label? {
        var query = AuditQuery()
        query.subject = id.rawValue
        query.action = AuditEvent.Action.invitationCreated.rawValue
        let made = try await store.listAudit(query, oldestFirst: true, limit: 1).items.first
        let prefix = "management_key:"
        guard let principal = made?.principal, principal.hasPrefix(prefix),
            let key = ManagementKeyID(String(principal.dropFirst(prefix.count)))
        else { return nil }
        return try await store.managementKey(key)?.name
    }

    /// Throws a 404 ``Problem`` for what is not the secret of any invitation.
    private func hash(ofInvitation secret: Secret) throws -> CredentialHash {
        let isWellFormed = secret.withUnsafeBytes { CredentialFormat.isWellFormed($0, kind: .invitation) }
        guard isWellFormed else { throw Problem.unknownInvitation }
        return keyRing.hash(secret)
    }

    /// Throws a 404 ``Problem`` if there is none, and 410 if it is not open any more.
    private func openInvitation(of hash: CredentialHash) async throws -> Invitation {
        guard let invitation = try await store.invitation(hash: hash) else {
            throw Problem.unknownInvitation
        }
        if let problem = Problem(of: invitation, at: now()) { throw problem }
        return invitation
    }

    /// Mints the access token that the secret's invitation is for. Throws a 404 ``Problem`` where there is
    /// none, and 410 where it is not open any more; it says when it was claimed, so that a stranger's claim
    /// is seen.
    package func claimInvitation(
        _ secret: Secret, from address: IPAddress?
    ) async throws -> (accessToken: AccessToken, text: Secret) {
        let hash = try hash(ofInvitation: secret)
        return try await changes.run { [self] in
            let now = now()
            let invitation = try await openInvitation(of: hash)
            let minted = keyRing.mint(.accessToken)
            let accessToken = invitation.order.accessToken(
                AccessTokenID(digits: minted.idDigits), hash: minted.hash, at: now)
            let records = try await store.claimInvitation(
                invitation.id, as: accessToken, from: address, at: now)
            limits.set(records, of: accessToken.limitSubject)
            await access.put(accessToken)
            return (accessToken, minted.text)
        }
    }
}

extension Problem {
    fileprivate static let unknownInvitation = Problem(
        "not_found", "Not found", status: 404,
        detail:
            "There is no such invitation. Check that the link is complete, including everything after the #.")

    /// Why it cannot be claimed; nil where it can.
    fileprivate init?(of invitation: Invitation, at now: Timestamp) {
        let detail: String
        switch invitation.status(at: now) {
        case .open: return nil
        case .claimed:
            let moment = invitation.claim?.at.rfc3339 ?? "an unknown time"
            detail =
                "This invitation was claimed at \(moment). If that was not you, tell the sender of the link: "
                + "someone else has the access token."
        case .expired:
            detail = "This invitation expired at \(invitation.expiresAt.rfc3339). Ask for a new one."
        case .revoked: detail = "This invitation was revoked. Ask for a new one."
        }
        self.init("gone", "Gone", status: 410, detail: detail)
    }
}
