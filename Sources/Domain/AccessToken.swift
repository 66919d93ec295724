/// An access token as it is kept: all but its text, which nobody has but its holder.
package struct AccessToken: Hashable, Sendable {
    package var id: AccessTokenID
    package var project: ProjectID
    package var name: Label
    package var hash: CredentialHash
    package var createdAt: Timestamp
    /// The first moment at which it is refused; nil never comes.
    package var expiresAt: Timestamp?
    /// When it was first refused as expired. Written down, so that a clock that goes back does not revive it.
    package var expiredAt: Timestamp?
    package var revokedAt: Timestamp?
    /// Refused since then, until it is resumed.
    package var suspendedAt: Timestamp?
    /// The first of its rotations, itself where there was none: what its limits belong to.
    package var lineage: AccessTokenID
    package var rotatedFrom: AccessTokenID?
    package var rotatedTo: AccessTokenID?
    /// Who holds it.
    package var owner: Label?
    package var labels = LabelSet()
    /// What it is for.
    package var description: Description?
    package var grants = Grants()
    /// It is there to be found and used by those who should not: it opens nothing, and its use raises an
    /// alarm.
    package var isHoney = false
    /// When it was last admitted, as far as that is written down.
    package var lastUsedAt: Timestamp?

    package init(
        id: AccessTokenID, project: ProjectID, name: Label, hash: CredentialHash, createdAt: Timestamp,
        expiresAt: Timestamp?, expiredAt: Timestamp? = nil, revokedAt: Timestamp? = nil
    ) {
        self.id = id
        self.project = project
        self.name = name
        self.hash = hash
        self.createdAt = createdAt
        self.expiresAt = expiresAt
        self.expiredAt = expiredAt
        self.revokedAt = revokedAt
        lineage = id
    }

    package enum Status: String, Sendable, CaseIterable { case active, suspended, expired, revoked }

    package func status(at now: Timestamp) -> Status {
        if revokedAt != nil { return .revoked }
        if expiredAt != nil { return .expired }
        if let end, end <= now { return .expired }
        return suspendedAt == nil ? .active : .suspended
    }

    /// Refused whatever the time, and what is under way is cut.
    package var isClosed: Bool { revokedAt != nil || suspendedAt != nil }

    /// The first moment at which it is refused, as far as its uses are written down.
    package var end: Timestamp? {
        guard let idle = grants.idleSeconds else { return expiresAt }
        let idleEnd = (lastUsedAt ?? createdAt).adding(seconds: idle)
        return expiresAt.map { min($0, idleEnd) } ?? idleEnd
    }
}
