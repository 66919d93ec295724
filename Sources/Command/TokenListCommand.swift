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
                  latchkey token list --sort expires_at --limit 20
                """)

        @OptionGroup var filter: TokenFilterOptions

        @Option(name: .customLong("search"), help: "Only those with this text in their name or owner.")
        var text: String?

        @OptionGroup var list: ListOptions<AccessTokenResource>

        func run() throws {
            var query = filter.query
            query["q"] = text
            try list.run(ManagementClient(), "/manage/tokens", query: query)
        }
    }
}
