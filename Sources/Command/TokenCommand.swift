import Admin
import ArgumentParser
import Foundation

/// `latchkey token`: access tokens; the text of a new one is printed once.
struct TokenCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token",
        abstract: "Issue, change and revoke access tokens: what people call /v1 with.",
        subcommands: [
            Issue.self, List.self, Show.self, Update.self, Suspend.self, Resume.self, Rotate.self,
            Revoke.self, Reissue.self, LimitTopUp<TokenCommand>.self, LimitReset<TokenCommand>.self,
            Explain.self,
            Scan.self,
        ])

    struct Issue: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Issue an access token and print it, once.",
            discussion: """
                Standard output has the token alone on its line; what to do with it goes to standard error.

                Examples:
                  latchkey token issue --project acme --name bob --expires-in 30d
                  export OPENAI_API_KEY=$(latchkey token issue --project acme --name ci --expires-in 12h)
                  latchkey token issue --project acme --name bob --owner bob@example.com --label team=search
                  latchkey token issue --project acme --name bob --limit requests=100/day --limit \
                cost=5.00/month
                  latchkey token issue --project acme --name bob --model 'gpt-6*' --limit tokens=20000/minute
                """)

        @Option(help: "The project's id or name.", completion: .project)
        var project: String

        @Option(help: "Who or what it is for; it need not be unique.")
        var name: String

        @Option(
            help: ArgumentHelp(
                "How long it works: 90s, 45m, 12h, 30d (the default) or never.", valueName: "time"),
            transform: Expiry.init(parsing:))
        var expiresIn = Expiry(days: 30)

        @Option(help: ArgumentHelp("What it is for, in words.", valueName: "text"))
        var description: String?

        @OptionGroup var holder: HolderOptions
        @OptionGroup var limits: LimitOptions
        @OptionGroup var grants: GrantOptions

        @Flag(help: "Let it open nothing, and raise an alarm when somebody uses it.")
        var honey = false

        @Flag(help: "Print JSON.")
        var json = false

        func run() throws {
            let client = try ManagementClient()
            var body = IssueAccessTokenRequest(
                project: project, name: name, holder: holder.wire, expiry: expiresIn.wire,
                grants: grants.wire,
                limits: limits.wire, isHoney: honey)
            body.description = Given(option: description)
            let answer = try client.send("POST", "/manage/tokens", body)
            guard !json else { return Console.print(answer) }
            let issued = try client.decode(AccessTokenResource.self, from: answer)
            TokenCommand.handOver(issued, "Issued \(issued.id)")
        }
    }

    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Show one access token, without its text.")

        @Argument(help: TokenCommand.identifier, completion: .accessToken)
        var id: String

        @Flag(help: "Print JSON.")
        var json = false

        func run() throws {
            let client = try ManagementClient()
            try TokenCommand.show(client.send("GET", TokenCommand.path(id, client)), client, json: json)
        }
    }

    /// Prints an access token that is shown this once, alone on its line; what to do with it goes to standard
    /// error. `deed`: what was done.
    static func handOver(_ token: AccessTokenResource, _ deed: String) {
        Console.printError("\(deed). It \(token.expiryText), and is not shown again.")
        let base = token.baseURL.map { "OPENAI_BASE_URL=\($0)" }
        if token.honey {
            Console.printError(
                """
                It is a honey token: it opens nothing. Leave it where only an intruder looks\
                \(base.map { ", beside \($0)" } ?? ""); its use raises the alarm honey_token_used.
                """)
        } else {
            Console.printError("Use it as OPENAI_API_KEY" + (base.map { ", with \($0)" } ?? ""))
            if let url = token.baseURL {
                Console.printError("and OPENAI_API_BASE=\(url) for clients that read the older name.")
            }
        }
        if token.isBaseURLAssumed == true { Console.warnOfAssumedAddress() }
        Console.print(token.token ?? "")
    }

    /// Of the access token that is named so.
    static func path(_ name: String, _ client: ManagementClient) throws -> String {
        "/manage/tokens/" + ManagementClient.escape(try client.id(of: .accessToken, name))
    }

    static func show(_ answer: Data, _ client: ManagementClient, json: Bool) throws {
        guard !json else { return Console.print(answer) }
        let token = try client.decode(AccessTokenResource.self, from: answer)
        let projects = ProjectNames(of: [token.project], client)
        let fields: [(String, String?)] = [
            ("id", token.id), ("name", token.name), ("description", token.description),
            ("project", projects.full(token.project)),
            ("status", token.status), ("created", Moment.text(token.createdAt)),
            ("expires", Moment.text(token.expiresAt) ?? "never"),
            ("suspended", Moment.text(token.suspendedAt) ?? "no"),
            ("revoked", Moment.text(token.revokedAt) ?? "no"),
            ("last used", Moment.text(token.lastUsedAt) ?? "never"),
            ("honey", token.honey ? "yes: it opens nothing, and its use raises an alarm" : nil),
        ]
        Output.table(.fields(fields + holder(of: token) + grants(of: token)))
        LimitOptions.show(token.limits)
    }

    private static func holder(of token: AccessTokenResource) -> [(String, String?)] {
        [
            ("owner", token.owner), ("labels", token.labels.isEmpty ? nil : token.labelText),
            ("lineage", token.lineage == token.id ? nil : token.lineage),
            ("rotated from", token.rotatedFrom), ("rotated to", token.rotatedTo),
        ]
    }

    private static func grants(of token: AccessTokenResource) -> [(String, String?)] {
        [
            ("models", token.models?.joined(separator: " ")),
            ("endpoints", token.endpoints?.joined(separator: " ")),
            ("networks", token.networks?.joined(separator: " ")),
            ("not before", Moment.text(token.notBefore)),
            ("idle", token.idleExpiresIn.map { "expires after \($0) s without use" }),
            ("output cap", token.outputCap), ("unbounded output", token.unboundedOutput),
        ]
    }
}

extension AccessTokenResource {
    /// `expires 2026-12-21 03:57Z`, or `never expires`.
    var expiryText: String { Moment.text(expiresAt).map { "expires \($0)" } ?? "never expires" }
}
