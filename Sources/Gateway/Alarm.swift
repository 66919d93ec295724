package import Domain

/// Something that an operator should hear of at once.
package enum Alarm: Hashable, Sendable {
    /// A honey token was used so many times since the last such alarm, last from `address`.
    case honeyTokenUsed(AccessTokenID, count: Int, from: IPAddress?, at: Timestamp)
    /// An access token was found where it should not be, and is revoked.
    case leakedTokenRevoked(AccessTokenID, project: ProjectID, by: Principal, at: Timestamp)

    /// A stable name from a bounded set.
    package var name: String {
        switch self {
        case .honeyTokenUsed: "honey_token_used"
        case .leakedTokenRevoked: "leaked_token_revoked"
        }
    }
}
