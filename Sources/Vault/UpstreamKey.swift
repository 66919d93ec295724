package import Domain

/// A key that is sent to an upstream, and which one it is.
package struct UpstreamKey: Sendable {
    package let id: CredentialID
    package let secret: Secret

    package init(_ id: CredentialID, _ secret: Secret) {
        self.id = id
        self.secret = secret
    }
}
