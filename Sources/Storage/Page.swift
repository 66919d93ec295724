/// A part of a list.
package struct Page<Item: Sendable>: Sendable {
    package let items: [Item]
    package let hasMore: Bool
    /// Where the next part begins; nil at the end, and for a list whose order is fixed.
    package let next: ListPlace?

    /// `found` was asked for with one item more than `limit`; `place` is where its last item stands that is
    /// kept.
    init(_ found: [Item], limit: Int, place: ListPlace? = nil) {
        items = Array(found.prefix(limit))
        hasMore = found.count > limit
        next = found.count > limit ? place : nil
    }
}
