/// What was sent in place of an access token, as far as the text itself shows: nothing is looked up to tell
/// it.
package enum CredentialMistake: Hashable, Sendable, CaseIterable {
    /// The value of Authorization is not the scheme `Bearer`, once, and a credential.
    case scheme
    case managementKey, invitation
    /// A credential of no kind of ours, such as a provider's own key.
    case foreign

    package var message: String {
        switch self {
        case .scheme:
            "The Authorization header is not of the form 'Bearer TOKEN'. "
                + "Send the access token as 'Authorization: Bearer lk_…'."
        case .managementKey:
            "This is a management key, which works for /manage only. Send an access token (lk_…); "
                + "'latchkey token issue' issues one."
        case .invitation:
            "This is an invitation. Open its link, or send it to POST /claim, to get an access token (lk_…)."
        case .foreign:
            "This is not an access token of this server: they begin with 'lk_'. "
                + "Neither management keys nor keys of the upstream provider are accepted here."
        }
    }
}
