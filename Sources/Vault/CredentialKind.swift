/// What a credential is good for; told by how its text begins.
package enum CredentialKind: Sendable, CaseIterable {
    /// Calls `/v1` for a project.
    case accessToken
    /// Calls `/manage`.
    case managementKey
    /// Claims an access token, once.
    case invitation

    package var prefix: StaticString {
        switch self {
        case .accessToken: "lk_"
        case .managementKey: "lkm_"
        case .invitation: "lki_"
        }
    }
}
