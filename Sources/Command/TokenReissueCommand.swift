import Admin
import ArgumentParser
import Domain

/// `latchkey token reissue`: another access token for the holder of one that was revoked or has expired.
extension TokenCommand {
    struct Reissue: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Issue another access token in place of a revoked or expired one, and print it, once.",
            discussion: """
                The new one has the same project, name, owner, labels, grants and limits, and what was used \
                of the \
                limits stays used. The old one stays revoked. It is done once for each: reissue the new one \
                next time. \
                One that still works is rotated instead ('latchkey token rotate'). Standard output has the \
                new token \
                alone on its line.

                Examples:
                  latchkey token reissue 0123456789ab
                  latchkey token reissue 0123456789ab --expires-in 30d
                """)

        @Argument(help: TokenCommand.identifier, completion: .accessToken(.revoked))
        var id: String

        @Option(
            help: ArgumentHelp(
                "How long the new one works: 12h, 30d or never; without it, as long as the revoked one "
                    + "would have.",
                valueName: "time"),
            transform: Expiry.init(parsing:))
        var expiresIn: Expiry?

        @Flag(help: "Print JSON.")
        var json = false

        func run() throws {
            let client = try ManagementClient()
            let body = ReissueAccessTokenRequest(expiry: expiresIn?.wire)
            let answer = try client.send("POST", TokenCommand.path(id, client) + "/reissue", body)
            guard !json else { return Console.print(answer) }
            let reissued = try client.decode(AccessTokenResource.self, from: answer)
            TokenCommand.handOver(
                reissued,
                "Reissued \(reissued.rotatedFrom ?? id) as \(reissued.id), with the same limits and what "
                    + "is used of them"
            )
        }
    }

    /// What comes after a revocation: tells how the holders of `ids` get another access token.
    static func suggestReissue(of ids: [String]) {
        guard let first = ids.first else { return }
        let id = ids.count == 1 ? first : "ID"
        Console.printError(
            "Next: 'latchkey token reissue \(id)' issues another to its holder, with the same limits.")
    }
}
