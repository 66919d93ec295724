/// A project's key at its upstream as it is kept: sealed, bound to `id` and `version`. It can be replaced,
/// never read back by a client.
package struct UpstreamCredential: Hashable, Sendable {
    package var id: CredentialID
    package var project: ProjectID
    package var name: Label
    /// Counts the sealings of this row, from 1; part of what the seal is bound to.
    package var version: Int
    package var sealed: [UInt8]
    package var createdAt: Timestamp

    package init(
        id: CredentialID, project: ProjectID, name: Label, version: Int = 1, sealed: [UInt8],
        createdAt: Timestamp
    ) {
        self.id = id
        self.project = project
        self.name = name
        self.version = version
        self.sealed = sealed
        self.createdAt = createdAt
    }
}
