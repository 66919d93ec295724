import Admin
import ArgumentParser
import Domain

/// `latchkey key`: management keys.
struct KeyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "key",
        abstract: "Make and revoke management keys: what operators call /manage with.",
        subcommands: [Create.self, List.self, Show.self, Revoke.self])

    struct Create: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a management key and print it, once.",
            discussion: """
                Roles: 'read' sees and changes nothing; 'issue' also issues, changes and revokes access tokens;
                'admin' may do everything.

                Examples:
                  latchkey key create --name alice --role admin
                  latchkey key create --name acme-helpdesk --role issue --project acme
                """)

        @Option(help: "Who or what it is for; it need not be unique.")
        var name: String

        @Option(help: "What it may do: read, issue or admin.", completion: .words(Role.self))
        var role: String

        @Option(
            help: "The only project that it reaches, by id or name; all where it is left out.",
            completion: .project)
        var project: String?

        @Flag(help: "Print JSON.")
        var json = false

        func run() throws {
            let client = try ManagementClient()
            let answer = try client.send(
                "POST", "/manage/keys",
                CreateManagementKeyRequest(name: name, role: role, project: project))
            guard !json else { return Console.print(answer) }
            let key = try client.decode(ManagementKeyResource.self, from: answer)
            Console.printError(
                "Made \(key.id). It is not shown again; the commands read it from LATCHKEY_ADMIN_KEY.")
            Console.print(key.key ?? "")
        }
    }

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List management keys, without their texts.")

        @OptionGroup var list: ListOptions<ManagementKeyResource>

        func run() throws { try list.run(ManagementClient(), "/manage/keys") }
    }

    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show a management key, without its text.")

        @Argument(help: "The key's id: the 12 characters behind 'lkm_'.", completion: .managementKey)
        var id: String

        @Flag(help: "Print JSON.")
        var json = false

        func run() throws {
            let client = try ManagementClient()
            let answer = try client.send("GET", "/manage/keys/\(ManagementClient.escape(id))")
            guard !json else { return Console.print(answer) }
            let key = try client.decode(ManagementKeyResource.self, from: answer)
            let projects = ProjectNames(of: [key.project].compactMap { $0 }, client)
            Output.table(ManagementKeyResource.table([key], projects), isWide: true)
        }
    }

    struct Revoke: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Revoke a management key, for good.",
            discussion: "The last key with the role admin for all projects stays: make another one first.")

        @Argument(help: "The key's id: the 12 characters behind 'lkm_'.", completion: .managementKey)
        var id: String

        @Flag(help: "Print JSON.")
        var json = false

        func run() throws {
            let client = try ManagementClient()
            let answer = try client.send("POST", "/manage/keys/\(ManagementClient.escape(id))/revoke")
            guard !json else { return Console.print(answer) }
            let key = try client.decode(ManagementKeyResource.self, from: answer)
            Console.printError("Revoked \(key.id) (\(key.name)).")
        }
    }
}
