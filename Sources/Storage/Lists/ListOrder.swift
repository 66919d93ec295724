/// How a list is put in order; what is equal goes by its id, so that each item has one place.
package struct ListOrder: Hashable, Sendable {
    /// A column of what is listed. Which of them a list has is its route's to know.
    package enum Key: String, CaseIterable, Sendable {
        case name
        case createdAt = "created_at"
        /// What never expires comes last.
        case expiresAt = "expires_at"
        /// What was never used comes first.
        case lastUsedAt = "last_used_at"
        case at

        /// What it is in SQL.
        var expression: String {
            switch self {
            case .name, .createdAt, .at: rawValue
            case .expiresAt: "coalesce(expires_at, 9223372036854775807)"
            case .lastUsedAt: "coalesce(last_used_at, 0)"
            }
        }

        /// An item's value is the same for ever, so its id alone tells where it stands.
        package var isFixed: Bool {
            switch self {
            case .createdAt, .at: true
            case .name, .expiresAt, .lastUsedAt: false
            }
        }
    }

    package let key: Key
    package let isDescending: Bool

    package static let newestFirst = ListOrder(.createdAt, isDescending: true)

    package init(_ key: Key, isDescending: Bool = false) {
        self.key = key
        self.isDescending = isDescending
    }

    /// `name`, or `-name` for the reverse; nil for another text.
    package init?(_ text: String) {
        isDescending = text.hasPrefix("-")
        guard let key = Key(rawValue: isDescending ? String(text.dropFirst()) : text) else { return nil }
        self.key = key
    }
}
