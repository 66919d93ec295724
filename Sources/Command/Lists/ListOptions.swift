import Admin
import ArgumentParser
import Foundation

/// The options of every `list` command, and what it does with them.
struct ListOptions<Item: ListedItem>: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "How many at most, from 1 up; \(Item.standardLimit.map { String($0) } ?? "all") if left out.",
            valueName: "number"))
    var limit: Int?

    @Option(
        parsing: .unconditional, help: SortKey.help(Item.sortKeys),
        completion: SortKey.completions(Item.sortKeys))
    var sort: String?

    @Flag(help: "Show all columns, also where the terminal is too narrow for them.")
    var wide = false

    @Flag(help: "Print JSON: {\"items\": […]}.")
    var json = false

    func validate() throws {
        try SortKey.checkLimit(limit)
        _ = try sort.map { try SortKey(parsing: $0, of: Item.sortKeys) }
    }

    /// Asks for as many as are wanted, and prints them.
    func run(_ client: ManagementClient, _ path: String, query: [String: String] = [:]) throws {
        try show(page(client, path, query: query), client, isFiltered: !query.isEmpty)
    }

    /// As many pages as are wanted, in one; the cursor is that of what was left out.
    func page(
        _ client: ManagementClient, _ path: String, query: [String: String],
        decode: ((Data) throws -> PageResource<Item>)? = nil
    ) throws -> PageResource<Item> {
        var query = query
        query["sort"] = sort
        return try client.list(
            path, query: query, limit: limit ?? Item.standardLimit,
            decode: decode ?? { try client.decode(PageResource<Item>.self, from: $0) })
    }

    func show(_ page: PageResource<Item>, _ client: ManagementClient, isFiltered: Bool) throws {
        guard !json else { return try Output.json(page) }
        guard !page.items.isEmpty else {
            return Console.printError(Item.nothing(isFiltered: isFiltered))
        }
        let projects = ProjectNames(of: page.items.compactMap(\.projectID), client)
        Output.table(Item.table(page.items, projects), isWide: wide)
        if page.nextCursor != nil {
            Console.printError("There are more \(Item.plural): a higher --limit shows them.")
        }
    }

    /// What the server gave out in one piece, in its order, as it was asked for here.
    /// `isBefore` is the rising order by each key.
    func chosen(
        from items: [Item], by isBefore: [String: (Item, Item) -> Bool]
    ) throws -> PageResource<Item> {
        var items = items
        if let sort = try sort.map({ try SortKey(parsing: $0, of: Item.sortKeys) }),
            let isBefore = isBefore[sort.key]
        {
            sort.sort(&items, isBefore)
        }
        return PageResource(items: Array(items.prefix(limit ?? .max)), nextCursor: nil)
    }
}
