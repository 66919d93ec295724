import Domain
import Storage
import Vault

/// What is asked of a list that can be sorted: a page of it, `?sort=` (one of its keys, with `-` in front for
/// the reverse) and, where it can be searched, `?q=` (a part of the name, or the id).
///
/// A cursor is the id of the last item, with its value in front where the list is sorted by what may change.
struct ListQuery {
    static let sortedNames: Set<String> = PageQuery.names.union(["sort"])
    static let names: Set<String> = sortedNames.union(["q"])
    let page: PageQuery
    let order: ListOrder
    let text: String?

    /// `keys`: what the list can be sorted by. Without `?sort=` it is sorted by `standard`.
    init(
        _ query: [String: String], by keys: [ListOrder.Key] = [.name, .createdAt],
        standard: ListOrder = .newestFirst
    ) throws(Problem) {
        page = try PageQuery(query)
        text = query["q"].flatMap { $0.isEmpty ? nil : Self.text($0) }
        guard let words = query["sort"] else {
            order = standard
            return
        }
        guard let order = ListOrder(words), keys.contains(order.key) else {
            let keys = keys.map(\.rawValue).joined(separator: " or ")
            throw .invalidParameter("sort", "it has to be \(keys), with '-' in front for the reverse")
        }
        self.order = order
    }

    /// What is looked for: an id in place of what a scan or a log shows of a credential
    /// (`lk_000000000001_…`).
    static func text(_ words: String) -> String {
        guard let reference = CredentialReference(words), reference.kind != nil else { return words }
        return reference.id
    }

    /// Where the page begins; nil at the beginning of the list.
    func place<ID: Identifier>(_: ID.Type) throws(Problem) -> ListPlace? {
        guard let cursor = page.cursor else { return nil }
        guard !order.key.isFixed else {
            guard let id = ID(cursor) else { throw PageQuery.wrongCursor }
            return ListPlace(id)
        }
        guard let colon = cursor.lastIndex(of: ":"), let id = ID(cursor[cursor.index(after: colon)...])
        else { throw PageQuery.wrongCursor }
        let text = String(cursor[..<colon])
        guard order.key != .name else { return ListPlace(id, value: .text(text)) }
        guard let number = Int64(text) else { throw PageQuery.wrongCursor }
        return ListPlace(id, value: .number(number))
    }

    /// The page as it is answered.
    func resource<Item, Resource: Codable & Sendable>(
        of found: Page<Item>, _ resources: [Resource]
    ) -> PageResource<Resource> {
        PageResource(items: resources, nextCursor: found.next.map(Self.cursor))
    }

    private static func cursor(_ place: ListPlace) -> String {
        switch place.value {
        case .text(let text): "\(text):\(place.id)"
        case .number(let number): "\(number):\(place.id)"
        case nil: place.id
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
