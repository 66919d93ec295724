import Admin
import ArgumentParser

/// `latchkey token list`: those that fit all options.
extension TokenCommand {
    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List access tokens.",
            discussion: """
                Examples:
                  latchkey token list --project acme --status active
                  latchkey token list --label team=search --unused-since 90d
                """)

        @OptionGroup var filter: TokenFilterOptions

        @Option(name: .customLong("search"), help: "Only those with this text in their name or owner.")
        var text: String?

        @Flag(help: "Print JSON: {\"items\": […]}.")
        var json = false

        func run() throws {
            var query = filter.query
            query["q"] = text
            let items = try ManagementClient().all(AccessTokenResource.self, "/manage/tokens", query: query)
            guard !json else { return try Output.json(PageResource(items: items, nextCursor: nil)) }
            Console.print(TokenCommand.table(items))
        }
    }

    /// Access tokens for people, one a row.
    static func table(_ items: [AccessTokenResource]) -> String {
        let rows = items.map {
            [$0.id, $0.name, $0.owner ?? "-", $0.project, $0.status, $0.expiresAt ?? "never"]
        }
        return Table(titles: ["id", "name", "owner", "project", "status", "expires"], rows: rows).text
    }
}
