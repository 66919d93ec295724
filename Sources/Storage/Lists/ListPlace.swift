package import Domain

/// A place in a list: behind one item, where its next part begins. It stays where it is whatever is made, renamed or
/// taken out of the list meanwhile.
package struct ListPlace<ID: Identifier>: Hashable, Sendable {
    package let id: ID
    /// The item's name, as it was listed; nil in an order that goes by what never changes.
    package let name: String?

    package init(_ id: ID, name: String? = nil) {
        self.id = id
        self.name = name
    }
}
