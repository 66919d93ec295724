/// What a management key may do. Each role may all that the one before it may.
package enum Role: String, CaseIterable, Sendable, Comparable {
    /// Sees projects, access tokens, limits, prices and usage; changes nothing.
    case read
    /// Issues, changes and revokes access tokens.
    case issue
    /// Everything else too: projects, upstream keys, prices, management keys.
    case admin

    private var rank: Int {
        switch self {
        case .read: 0
        case .issue: 1
        case .admin: 2
        }
    }

    package static func < (left: Role, right: Role) -> Bool { left.rank < right.rank }
}
