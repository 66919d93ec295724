import Domain
import Storage

/// What is asked of a list that can be searched and sorted: a page of it, `?q=` (a part of the name, or the id), and
/// `?sort=` (`name` or `created_at`, with `-` in front for the reverse; newest first where it is left out).
///
/// A cursor is the id of the last item, with its name in front where the list is sorted by it.
struct ListQuery {
    static let names: Set<String> = PageQuery.names.union(["q", "sort"])
    let page: PageQuery
    let order: ListOrder
    let text: String?

    init(_ query: [String: String]) throws(Problem) {
        page = try PageQuery(query)
        text = query["q"].flatMap { $0.isEmpty ? nil : $0 }
        guard let words = query["sort"] else {
            order = .newestFirst
            return
        }
        guard let order = ListOrder(words) else {
            let keys = ListOrder.Key.allCases.map(\.rawValue).joined(separator: " or ")
            throw .invalidParameter("sort", "it has to be \(keys), with '-' in front for the reverse")
        }
        self.order = order
    }

    /// Where the page begins; nil at the beginning of the list.
    func place<ID: Identifier>(_: ID.Type) throws(Problem) -> ListPlace<ID>? {
        guard let cursor = page.cursor else { return nil }
        switch order.key {
        case .createdAt:
            guard let id = ID(cursor) else { throw PageQuery.wrongCursor }
            return ListPlace(id)
        case .name:
            guard let colon = cursor.lastIndex(of: ":"), let id = ID(cursor[cursor.index(after: colon)...])
            else { throw PageQuery.wrongCursor }
            return ListPlace(id, name: String(cursor[..<colon]))
        }
    }

    /// The page as it is answered; `identity` is an item's id and its name.
    func resource<Item, Resource: Codable & Sendable>(
        of found: Page<Item>, _ resources: [Resource], _ identity: (Item) -> (id: String, name: String)
    ) -> PageResource<Resource> {
        guard found.hasMore, let last = found.items.last.map(identity) else {
            return PageResource(items: resources, nextCursor: nil)
        }
        switch order.key {
        case .createdAt: return PageResource(items: resources, nextCursor: last.id)
        case .name: return PageResource(items: resources, nextCursor: "\(last.name):\(last.id)")
        }
    }
}

/// Reads a query parameter that is one word of a few.
extension [String: String] {
    /// nil where it is left out.
    func word<Word: RawRepresentable & CaseIterable>(
        _ name: String, of _: Word.Type
    ) throws(Problem) -> Word? where Word.RawValue == String {
        guard let text = self[name] else { return nil }
        guard let word = Word(rawValue: text) else {
            let known = Word.allCases.map(\.rawValue).joined(separator: ", ")
            throw .invalidParameter(name, "it has to be one of \(known)")
        }
        return word
    }

    /// nil where it is left out.
    func flag(_ name: String) throws(Problem) -> Bool? {
        guard let text = self[name] else { return nil }
        guard let flag = Bool(text) else { throw .invalidParameter(name, "it has to be true or false") }
        return flag
    }
}
