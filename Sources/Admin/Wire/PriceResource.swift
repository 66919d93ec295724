package import Domain

/// What one model costs, as the management API shows it.
package struct PriceResource: Codable, Equatable, Sendable {
    package var model: String
    /// `shipped`, `set`, `removed`, or `inherited` from the model that it is a dated snapshot of.
    package var origin: String
    /// As `PriceDocument` has it; nil where it was removed.
    @Nullable package var price: JSONValue? = nil

    package enum CodingKeys: String, CodingKey { case model, origin, price }
}

/// `GET /manage/prices`: one page of the list, and which list it is.
package struct PriceListResource: Codable, Equatable, Sendable {
    /// Rises with every change; it stands in each ledger row.
    package var version: Int64
    /// Of the prices that are built into the program: where they come from, and the day they were read.
    package var source: String
    package var date: String
    package var items: [PriceResource]
    @Nullable package var nextCursor: String? = nil

    package enum CodingKeys: String, CodingKey {
        case version, source, date, items
        case nextCursor = "next_cursor"
    }
}
