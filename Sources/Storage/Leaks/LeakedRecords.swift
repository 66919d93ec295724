package import Domain

/// What the store keeps of credentials that were found somewhere.
package struct LeakedRecords: Hashable, Sendable {
    package var accessTokens: [AccessToken] = []
    package var managementKeys: [ManagementKey] = []
    package var invitations: [Invitation] = []

    package init() {}

    package var isEmpty: Bool { accessTokens.isEmpty && managementKeys.isEmpty && invitations.isEmpty }
}
