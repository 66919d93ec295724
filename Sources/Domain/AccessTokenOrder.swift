/// What a new access token is to be, before it is made.
package struct AccessTokenOrder: Hashable, Sendable {
    package var project: ProjectID
    package var name: Label
    package var owner: Label?
    package var labels = LabelSet()
    package var description: Description?
    package var lifetime: Lifetime
    package var grants = Grants()
    package var limits = LimitSet.none
    /// It only raises an alarm.
    package var isHoney = false

    package init(project: ProjectID, name: Label, lifetime: Lifetime) {
        self.project = project
        self.name = name
        self.lifetime = lifetime
    }

    /// The access token itself, its lifetime counted from `now` on.
    package func accessToken(_ id: AccessTokenID, hash: CredentialHash, at now: Timestamp) -> AccessToken {
        var accessToken = AccessToken(
            id: id, project: project, name: name, hash: hash, createdAt: now,
            expiresAt: lifetime.end(from: now))
        accessToken.owner = owner
        accessToken.labels = labels
        accessToken.description = description
        accessToken.grants = grants
        accessToken.isHoney = isHoney
        return accessToken
    }
}
