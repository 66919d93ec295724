/// An access token that waits to be claimed by whoever it is for, as it is kept: what it will be, and the
/// hash of the secret that the link carries. It is minted when it is claimed, once.
package struct Invitation: Hashable, Sendable {
    package var id: InvitationID
    package var hash: CredentialHash
    /// What is minted; a lifetime in seconds counts from the claim.
    package var order: AccessTokenOrder
    package var createdAt: Timestamp
    /// The first moment at which it cannot be claimed.
    package var expiresAt: Timestamp
    package var revokedAt: Timestamp?
    package var claim: Claim?

    /// What came of it.
    package struct Claim: Hashable, Sendable {
        package var at: Timestamp
        /// From where; nil where that is not known.
        package var address: IPAddress?
        package var accessToken: AccessTokenID

        package init(at: Timestamp, address: IPAddress?, accessToken: AccessTokenID) {
            self.at = at
            self.address = address
            self.accessToken = accessToken
        }
    }

    package init(
        id: InvitationID, hash: CredentialHash, order: AccessTokenOrder, createdAt: Timestamp,
        expiresAt: Timestamp
    ) {
        self.id = id
        self.hash = hash
        self.order = order
        self.createdAt = createdAt
        self.expiresAt = expiresAt
    }

    package enum Status: String, Sendable { case open, claimed, expired, revoked }

    package func status(at now: Timestamp) -> Status {
        if claim != nil { return .claimed }
        if revokedAt != nil { return .revoked }
        return expiresAt <= now ? .expired : .open
    }
}

/// The public 12 characters of an invitation's secret (`lki_` **id** `_` …).
package struct InvitationID: Identifier {
    package static let prefix = ""
    package let rawValue: String
    package init(unchecked rawValue: String) { self.rawValue = rawValue }
}
