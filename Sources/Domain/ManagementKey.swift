/// A management key as it is kept: the credential of an operator, hashed like an access token.
package struct ManagementKey: Hashable, Sendable {
    package var id: ManagementKeyID
    package var name: Label
    package var hash: CredentialHash
    package var role: Role
    /// The only project that it reaches; nil reaches all, and what belongs to none.
    package var project: ProjectID?
    package var createdAt: Timestamp
    package var revokedAt: Timestamp?

    package init(
        id: ManagementKeyID, name: Label, hash: CredentialHash, role: Role, project: ProjectID? = nil,
        createdAt: Timestamp, revokedAt: Timestamp? = nil
    ) {
        self.id = id
        self.name = name
        self.hash = hash
        self.role = role
        self.project = project
        self.createdAt = createdAt
        self.revokedAt = revokedAt
    }

    /// True of a key that may do everything: one of these has to stay.
    package var isUnlimited: Bool { role == .admin && project == nil && revokedAt == nil }
}
