package import Domain

/// What one model costs, as the management API shows it.
package struct PriceResource: Codable, Equatable, Sendable {
    package var model: String
    /// `shipped`, `set`, `removed`, or `inherited` from the model that it is a dated snapshot of.
    package var origin: String
    /// As `PriceDocument` has it; nil where it was removed.
    package var price: JSONValue?

    package enum CodingKeys: String, CodingKey { case model, origin, price }

    /// `price` is written as `null` where there is none.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(model, forKey: .model)
        try container.encode(origin, forKey: .origin)
        try container.encode(price, forKey: .price)
    }
}

/// `GET /manage/prices`: one page of the list, and which list it is.
package struct PriceListResource: Codable, Equatable, Sendable {
    /// Rises with every change; it stands in each ledger row.
    package var version: Int64
    /// Of the prices that are built into the program: where they come from, and the day they were read.
    package var source: String
    package var date: String
    package var items: [PriceResource]
    package var nextCursor: String?

    package enum CodingKeys: String, CodingKey {
        case version, source, date, items
        case nextCursor = "next_cursor"
    }

    /// `next_cursor` is written as `null` at the end.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(version, forKey: .version)
        try container.encode(source, forKey: .source)
        try container.encode(date, forKey: .date)
        try container.encode(items, forKey: .items)
        try container.encode(nextCursor, forKey: .nextCursor)
    }
}
