import Admin
import ArgumentParser
import Foundation

/// `latchkey token`: access tokens; the text of a new one is printed once.
struct TokenCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token",
        abstract: "Issue and revoke access tokens: what people call /v1 with.",
        subcommands: [Issue.self, List.self, Show.self, Revoke.self, Explain.self])

    struct Issue: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Issue an access token and print it, once.",
            discussion: """
                Standard output has the token alone on its line; what to do with it goes to standard error.

                Examples:
                  latchkey token issue --project acme --name bob --expires-in 30d
                  export OPENAI_API_KEY=$(latchkey token issue --project acme --name ci --expires-in 12h)
                """)

        @Option(help: "The project's id or name.")
        var project: String

        @Option(help: "Who or what it is for; it need not be unique.")
        var name: String

        @Option(
            help: ArgumentHelp(
                "How long it works: 90s, 45m, 12h, 30d (the default) or never.", valueName: "time"),
            transform: Expiry.init(parsing:))
        var expiresIn = Expiry(days: 30)

        @Flag(help: "Print JSON.")
        var json = false

        func run() throws {
            let client = try ManagementClient()
            let body = IssueAccessTokenRequest(project: project, name: name, expiry: expiresIn.wire)
            let answer = try client.send("POST", "/manage/tokens", body)
            guard !json else { return Console.print(answer) }
            let issued = try client.decode(AccessTokenResource.self, from: answer)
            Console.printError(
                """
                Issued \(issued.id), which \(issued.expiresAt.map { "expires \($0)" } ?? "never expires"). It is not \
                shown again.
                Use it as OPENAI_API_KEY, with OPENAI_BASE_URL=\(client.url)/v1
                """)
            Console.print(issued.token ?? "")
        }
    }

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List access tokens.")

        @Option(help: "Only those of this project (id or name).")
        var project: String?

        @Flag(help: "Print JSON: {\"items\": […]}.")
        var json = false

        func run() throws {
            let query = project.map { ["project": $0] } ?? [:]
            let items = try ManagementClient().all(AccessTokenResource.self, "/manage/tokens", query: query)
            guard !json else { return try Output.json(PageResource(items: items, nextCursor: nil)) }
            let rows = items.map { [$0.id, $0.name, $0.project, $0.status, $0.expiresAt ?? "never"] }
            Console.print(Table(titles: ["id", "name", "project", "status", "expires"], rows: rows).text)
        }
    }

    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Show one access token, without its text.")

        @Argument(help: "The token's id: the 12 characters behind 'lk_'.")
        var id: String

        @Flag(help: "Print JSON.")
        var json = false

        func run() throws {
            let client = try ManagementClient()
            try TokenCommand.show(client.send("GET", TokenCommand.path(id)), client, json: json)
        }
    }

    struct Revoke: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Revoke an access token, for good.",
            discussion:
                "When this returns no further request with it is sent on, and its running streams are cut.")

        @Argument(help: "The token's id: the 12 characters behind 'lk_'.")
        var id: String

        @Flag(help: "Print JSON.")
        var json = false

        func run() throws {
            let client = try ManagementClient()
            try TokenCommand.show(client.send("POST", TokenCommand.path(id) + "/revoke"), client, json: json)
        }
    }

    static func path(_ id: String) -> String { "/manage/tokens/" + ManagementClient.escape(id) }

    static func show(_ answer: Data, _ client: ManagementClient, json: Bool) throws {
        guard !json else { return Console.print(answer) }
        let token = try client.decode(AccessTokenResource.self, from: answer)
        let rows = [
            ["id", token.id], ["name", token.name], ["project", token.project], ["status", token.status],
            ["created", token.createdAt], ["expires", token.expiresAt ?? "never"],
            ["revoked", token.revokedAt ?? "no"],
        ]
        Console.print(Table(titles: ["field", "value"], rows: rows).text)
    }
}
