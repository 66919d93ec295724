import Admin
import App
import ArgumentParser
import Domain
import Foundation

/// `latchkey token suspend`, `resume`, `rotate` and `revoke`.
extension TokenCommand {
    struct Suspend: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Suspend an access token until it is resumed.",
            discussion:
                "When this returns no further request with it is sent on, and its running streams are cut.")

        @Argument(help: TokenCommand.identifier, completion: .accessToken(.active))
        var id: String

        @Flag(help: "Print JSON.")
        var json = false

        func run() throws {
            let client = try ManagementClient()
            try TokenCommand.show(
                client.send("POST", TokenCommand.path(id, client) + "/suspend"), client, json: json)
        }
    }

    struct Resume: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Let a suspended access token work again.")

        @Argument(help: TokenCommand.identifier, completion: .accessToken(.suspended))
        var id: String

        @Flag(help: "Print JSON.")
        var json = false

        func run() throws {
            let client = try ManagementClient()
            try TokenCommand.show(
                client.send("POST", TokenCommand.path(id, client) + "/resume"), client, json: json)
        }
    }

    struct Rotate: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Replace an access token by a new one, and print that, once.",
            discussion: """
                Both work until the grace is over, then the old one expires. The new one has the same name, \
                owner, \
                labels, grants and end; limits and what is used of them go on. Standard output has the new \
                token \
                alone on its line.

                Examples:
                  latchkey token rotate 0123456789ab
                  latchkey token rotate 0123456789ab --grace 0s --expires-in 30d
                """)

        @Argument(help: TokenCommand.identifier, completion: .accessToken(.active))
        var id: String

        @Option(
            help: ArgumentHelp("For how long the old one works on: 90s, 45m, 12h, 7d.", valueName: "time"),
            transform: Rotate.seconds)
        var grace: Int64 = RotateAccessTokenRequest.defaultGrace

        @Option(
            help: ArgumentHelp(
                "How long the new one works from now on: 12h, 30d or never; without it, as long as the old "
                    + "one would have.", valueName: "time"),
            transform: Expiry.init(parsing:))
        var expiresIn: Expiry?

        @Flag(help: "Print JSON.")
        var json = false

        func run() throws {
            let client = try ManagementClient()
            let body = RotateAccessTokenRequest(graceSeconds: grace, expiry: expiresIn?.wire)
            let answer = try client.send("POST", TokenCommand.path(id, client) + "/rotate", body)
            guard !json else { return Console.print(answer) }
            let rotated = try client.decode(AccessTokenResource.self, from: answer)
            TokenCommand.handOver(rotated, "Rotated \(rotated.rotatedFrom ?? id) to \(rotated.id)")
        }

        private static func seconds(_ argument: String) throws -> Int64 {
            guard let milliseconds = Quantities.milliseconds(argument), milliseconds >= 0,
                milliseconds % 1000 == 0
            else { throw ValidationError("it has to be a time of whole seconds, as 0s, 45m, 12h or 7d") }
            return milliseconds / 1000
        }
    }

    struct Revoke: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Revoke an access token, all that fit, or all that leaked, for good.",
            discussion: """
                When this returns no further request with them is sent on, and their running streams are \
                cut. Without an \
                id all that fit the options are revoked (honey tokens with --honey only): --dry-run shows \
                them, --yes says that \
                it is meant.

                With --leaked any text comes on standard input, as a log or a diff. The tokens in it are \
                found here, \
                and nothing else of the text is sent to the server. Those of the server are revoked, \
                management keys \
                and invitations too (but honey tokens and the last key that may do everything stay), and \
                shown with what they used.

                Examples:
                  latchkey token revoke 0123456789ab
                  latchkey token revoke --project acme --unused-since 90d --dry-run
                  latchkey token revoke --label team=search --yes
                  latchkey token revoke --leaked < build.log
                  git log -p | latchkey token revoke --leaked --since 2026-11-20T00:00:00Z
                """)

        @Argument(help: TokenCommand.identifier, completion: .accessToken(.active))
        var id: String?

        @OptionGroup var filter: TokenFilterOptions

        @Flag(help: "Revoke all that stand in the text on standard input.")
        var leaked = false

        @Option(
            help: ArgumentHelp(
                "With --leaked: from when on usage is shown (RFC 3339); since each was made if left out.",
                valueName: "time"))
        var since: String?

        @Flag(help: "Show what would be revoked, and revoke nothing.")
        var dryRun = false

        @Flag(help: "Revoke all that fit.")
        var yes = false

        @Flag(help: "Show all columns, also where the terminal is too narrow for them.")
        var wide = false

        @Flag(help: "Print JSON.")
        var json = false

        func validate() throws {
            let isFiltered = filter.wire != AccessTokenFilterFields()
            guard !leaked else {
                guard id == nil, !isFiltered, !yes else {
                    throw ValidationError("--leaked goes with --dry-run and --since only.")
                }
                return
            }
            guard since == nil else { throw ValidationError("--since goes with --leaked.") }
            guard (id != nil) != isFiltered else {
                throw ValidationError(
                    "Give the id of one token, or --project, --name, --label or another option, not both.")
            }
            guard id == nil || !dryRun && !yes else {
                throw ValidationError("--dry-run and --yes stand beside options, not beside an id.")
            }
            guard id != nil || dryRun != yes else {
                throw ValidationError("Give --dry-run to see what would be revoked, or --yes to revoke it.")
            }
        }

        func run() throws {
            let client = try ManagementClient()
            if leaked {
                return try TokenCommand.revokeLeaked(
                    client, dryRun: dryRun, since: since, form: json ? nil : wide)
            }
            guard let id else { return try revokeAll(client) }
            let answer = try client.send("POST", TokenCommand.path(id, client) + "/revoke")
            try TokenCommand.show(answer, client, json: json)
            guard !json else { return }
            let token = try client.decode(AccessTokenResource.self, from: answer)
            if !token.honey, token.rotatedTo == nil { TokenCommand.suggestReissue(of: [token.id]) }
        }

        private func revokeAll(_ client: ManagementClient) throws {
            let answer = try client.send(
                "POST", "/manage/tokens/bulk-revoke", BulkRevokeRequest(filter.wire, dryRun: dryRun),
                isSlow: true)
            guard !json else { return Console.print(answer) }
            let revoked = try client.decode(BulkRevokeResource.self, from: answer)
            if !revoked.items.isEmpty {
                let projects = ProjectNames(of: revoked.items.map(\.project), client)
                Output.table(AccessTokenResource.table(revoked.items, projects), isWide: wide)
            }
            Console.printError("\(dryRun ? "Would revoke" : "Revoked") \(revoked.count).")
            guard !dryRun else { return }
            TokenCommand.suggestReissue(
                of: revoked.items.filter { !$0.honey && $0.rotatedTo == nil }.map(\.id))
        }
    }
}
