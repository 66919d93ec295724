/// What became of a credential that was found in a text.
package enum LeakOutcome: String, Codable, Sendable {
    case revoked
    /// Before.
    case alreadyRevoked = "already_revoked"
    /// It was only asked for.
    case wouldBeRevoked = "would_be_revoked"
    /// A honey token is there to be found, and stays.
    case honey
    /// The last management key that may do everything stays.
    case lastKey = "last_key"
    /// A management key is revoked for the role `admin` only.
    case needsAdmin = "needs_admin"
    /// An invitation that somebody claimed before it was found: what it gave works on.
    case claimed
    /// An invitation that was over before it was found.
    case expired
}
