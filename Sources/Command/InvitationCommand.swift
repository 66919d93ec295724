import Admin
import App
import ArgumentParser
import Foundation

/// `latchkey invitation`: links by which people fetch their access token themselves.
struct InvitationCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "invitation",
        abstract: "Send somebody a link that shows their access token once.",
        subcommands: [Create.self, List.self, Show.self, Revoke.self])

    struct Create: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make an invitation and print its link, once.",
            discussion: """
                Standard output has the link alone on its line. Whoever opens it and presses the button gets \
                the access \
                token, which is made only then; nobody can after that. LATCHKEY_PUBLIC_URL of the server is \
                what the link \
                begins with.

                Examples:
                  latchkey invitation create --project acme --name bob --owner bob@example.com
                  latchkey invitation create --project acme --name bob --valid-for 24h --expires-in 90d \
                --limit cost=20/month
                """)

        @Option(help: "The project's id or name.", completion: .project)
        var project: String

        @Option(help: "Who or what it is for; it need not be unique.")
        var name: String

        @Option(
            help: ArgumentHelp("How long the link works: 45m, 24h, 3d (the default).", valueName: "time"),
            transform: Create.seconds)
        var validFor: Int64 = CreateInvitationRequest.defaultLifetime

        @Option(
            help: ArgumentHelp(
                "How long the access token works, from its claim on: 12h, 30d (the default) or never.",
                valueName: "time"),
            transform: Expiry.init(parsing:))
        var expiresIn = Expiry(days: 30)

        @OptionGroup var holder: HolderOptions
        @OptionGroup var limits: LimitOptions
        @OptionGroup var grants: GrantOptions

        @Flag(help: "Print JSON.")
        var json = false

        func run() throws {
            let client = try ManagementClient()
            let body = CreateInvitationRequest(
                project: project, name: name, expiresIn: validFor, holder: holder.wire,
                tokenExpiry: expiresIn.wire, grants: grants.wire, limits: limits.wire)
            let answer = try client.send("POST", "/manage/invitations", body)
            guard !json else { return Console.print(answer) }
            let invitation = try client.decode(InvitationResource.self, from: answer)
            Console.printError(
                "Invitation \(invitation.id) can be claimed once, until "
                    + "\(Moment.text(invitation.expiresAt)). Send this link:"
            )
            if invitation.isBaseURLAssumed == true { Console.warnOfAssumedAddress() }
            Console.print(invitation.url ?? "")
        }

        private static func seconds(_ argument: String) throws -> Int64 {
            guard let milliseconds = Quantities.milliseconds(argument), milliseconds >= 1000,
                milliseconds % 1000 == 0
            else { throw ValidationError("it has to be a time of whole seconds, as 45m, 24h or 3d") }
            return milliseconds / 1000
        }
    }

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List invitations.")

        @Option(help: "Only those of this project (id or name).", completion: .project)
        var project: String?

        @OptionGroup var list: ListOptions<InvitationResource>

        func run() throws {
            try list.run(
                ManagementClient(), "/manage/invitations", query: project.map { ["project": $0] } ?? [:])
        }
    }

    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show one invitation, without its link: whether, when and from where it was claimed.")

        @Argument(
            help: "The invitation's id, with lki_ or without, its link, or its name where no other has it.",
            completion: .invitation)
        var id: String

        @Flag(help: "Print JSON.")
        var json = false

        func run() throws {
            let client = try ManagementClient()
            try InvitationCommand.show(
                client.send("GET", InvitationCommand.path(id, client)), client, json: json)
        }
    }

    struct Revoke: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Take back an invitation that was not claimed yet.")

        @Argument(
            help: "The invitation's id, with lki_ or without, its link, or its name where no other has it.",
            completion: .invitation)
        var id: String

        @Flag(help: "Print JSON.")
        var json = false

        func run() throws {
            let client = try ManagementClient()
            let answer = try client.send("POST", InvitationCommand.path(id, client) + "/revoke")
            try InvitationCommand.show(answer, client, json: json)
        }
    }

    private static func path(_ name: String, _ client: ManagementClient) throws -> String {
        "/manage/invitations/" + ManagementClient.escape(try client.id(of: .invitation, name))
    }

    private static func show(_ answer: Data, _ client: ManagementClient, json: Bool) throws {
        guard !json else { return Console.print(answer) }
        let invitation = try client.decode(InvitationResource.self, from: answer)
        let labels = invitation.labels.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        let lifetime = invitation.tokenExpiresIn.map { "\($0) s from its claim on" }
        let projects = ProjectNames(of: [invitation.project], client)
        let fields: [(String, String?)] = [
            ("id", invitation.id), ("name", invitation.name), ("project", projects.full(invitation.project)),
            ("status", invitation.status), ("owner", invitation.owner),
            ("labels", labels.isEmpty ? nil : labels.joined(separator: ", ")),
            ("created", Moment.text(invitation.createdAt)), ("expires", Moment.text(invitation.expiresAt)),
            ("revoked", Moment.text(invitation.revokedAt)), ("claimed", Moment.text(invitation.claimedAt)),
            ("claimed from", invitation.claimedFrom), ("token", invitation.tokenID),
            ("token expires", Moment.text(invitation.tokenExpiresAt) ?? lifetime ?? "never"),
            ("limits", invitation.limits.isEmpty ? nil : invitation.limits.joined(separator: ", ")),
        ]
        Output.table(.fields(fields))
    }
}
