/// How a list is put in order; what is equal goes by its id, so that each item has one place.
package struct ListOrder: Hashable, Sendable {
    /// A column of what is listed.
    package enum Key: String, CaseIterable, Sendable {
        case name
        case createdAt = "created_at"
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
