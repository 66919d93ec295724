/// One page of a list.
package struct PageResource<Item: Codable & Sendable>: Codable, Sendable {
    package var items: [Item]
    /// What to send as `cursor` for the next page; nil at the end.
    @Nullable package var nextCursor: String? = nil

    package init(items: [Item], nextCursor: String?) {
        self.items = items
        self.nextCursor = nextCursor
    }

    package enum CodingKeys: String, CodingKey {
        case items
        case nextCursor = "next_cursor"
    }
}
