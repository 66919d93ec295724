/// A project's key at its upstream as it is kept: sealed, bound to `id` and `version`. It can be replaced,
/// never read back by a client. A project has one active one, and those that were before it and are kept.
package struct UpstreamCredential: Hashable, Sendable {
    package var id: CredentialID
    package var project: ProjectID
    package var name: Label
    /// Counts the sealings of this row, from 1; part of what the seal is bound to.
    package var version: Int
    package var sealed: [UInt8]
    package var createdAt: Timestamp
    /// The project's when it was given.
    package var upstream = UpstreamURL.dummy
    /// Since when it is not the active one.
    package var retiredAt: Timestamp?
    /// When a retired one is removed; nil never comes.
    package var keptUntil: Timestamp?

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

    /// False where it would be sent to another server than it was given for.
    package func mayServe(_ other: UpstreamURL) -> Bool {
        switch (upstream, other) {
        case (_, .dummy): true
        case (.dummy, .remote): false
        case (.remote(let given, _), .remote(let origin, _)): given == origin
        }
    }
}
