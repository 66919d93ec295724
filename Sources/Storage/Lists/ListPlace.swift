package import Domain

/// A place in a list: behind one item, where its next part begins. It stays where it is whatever is made,
/// changed or taken out of the list meanwhile.
package struct ListPlace: Hashable, Sendable {
    /// What a list is sorted by.
    package enum Value: Hashable, Sendable {
        case text(String)
        case number(Int64)
    }

    package let id: String
    /// The item's, as it was listed; nil in an order that goes by what never changes.
    package let value: Value?

    package init(_ id: some Identifier, value: Value? = nil) {
        self.id = id.rawValue
        self.value = value
    }

    init(id: String, value: Value?) {
        self.id = id
        self.value = value
    }
}
