import Admin
import ArgumentParser
import Foundation

/// `latchkey token update`: what is not named stays as it is.
extension TokenCommand {
    struct Update: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract:
                "Change an access token's name, description, owner, labels, expiry, limits or grants.",
            discussion: """
                It works from the next request on. With --limit all limits are given anew: one that was \
                there keeps \
                what it has counted, also where its amount changes; one that is not named is gone. A revoked \
                token \
                stays revoked.

                Examples:
                  latchkey token update 0123456789ab --expires-in 90d
                  latchkey token update 0123456789ab --owner bob@example.com --label team=search --no-label \
                old
                  latchkey token update 0123456789ab --limit requests=200/day --limit concurrency=4
                  latchkey token update 0123456789ab --no-limits --model 'gpt-6*' --output-cap 4096:clamp
                """)

        @Argument(help: TokenCommand.identifier, completion: .accessToken)
        var id: String

        @Option(help: "A new name.")
        var name: String?

        @Option(help: ArgumentHelp("What it is for; an empty text removes it.", valueName: "text"))
        var description: String?

        @Option(
            help: ArgumentHelp(
                "How long it works from now on: 90s, 45m, 12h, 30d or never.", valueName: "time"),
            transform: Expiry.init(parsing:))
        var expiresIn: Expiry?

        @OptionGroup var holder: HolderOptions
        @OptionGroup var removals: HolderRemovals
        @OptionGroup var limits: LimitOptions
        @OptionGroup var grants: GrantOptions

        @Flag(help: "Print JSON.")
        var json = false

        private var wireHolder: HolderFields { removals.apply(to: holder.wire) }

        func validate() throws {
            let isEmpty =
                name == nil && expiresIn == nil && limits.wire == .left && grants.wire == GrantFields()
                && wireHolder == HolderFields() && description == nil
            guard !isEmpty else {
                throw ValidationError(
                    "There is nothing to change: give --name, --owner, --label, --expires-in, --limit, "
                        + "--model or another."
                )
            }
        }

        func run() throws {
            let client = try ManagementClient()
            var body = UpdateAccessTokenRequest(
                name: name, holder: wireHolder, expiry: expiresIn?.wire, grants: grants.wire,
                limits: limits.wire)
            body.description = Given(option: description)
            let answer = try client.send("PATCH", TokenCommand.path(id, client), body)
            try TokenCommand.show(answer, client, json: json)
        }
    }
}
