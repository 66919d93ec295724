import Admin
import Foundation

/// Lists as the commands ask for them: no more pages than it takes.
extension ManagementClient {
    /// Items that one request brings at most.
    private static let largestPage = 500

    /// The first `limit` items of a list, in one page; nil is all. The page's cursor is that of the rest.
    /// `decode` reads an answer as a page.
    func list<Item: Codable & Sendable>(
        _ path: String, query: [String: String] = [:], limit: Int?,
        decode: (Data) throws -> PageResource<Item>
    ) throws -> PageResource<Item> {
        var items: [Item] = []
        var query = query
        repeat {
            query["limit"] = String(min(limit.map { $0 - items.count } ?? .max, Self.largestPage))
            let text = query.sorted { $0.key < $1.key }.map { "\($0.key)=\(Self.escape($0.value))" }
            let page = try decode(send("GET", path + "?" + text.joined(separator: "&")))
            items += page.items
            query["cursor"] = page.nextCursor
        } while query["cursor"] != nil && items.count < limit ?? .max
        return PageResource(items: items, nextCursor: query["cursor"])
    }
}
