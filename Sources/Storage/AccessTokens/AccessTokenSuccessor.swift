package import Domain

/// What is new of an access token that another is rotated to or reissued as; all else it inherits.
package struct AccessTokenSuccessor: Sendable {
    package var id: AccessTokenID
    package var hash: CredentialHash
    /// nil: it ends when the one before would have.
    package var lifetime: Lifetime?

    package init(id: AccessTokenID, hash: CredentialHash, lifetime: Lifetime?) {
        self.id = id
        self.hash = hash
        self.lifetime = lifetime
    }
}
