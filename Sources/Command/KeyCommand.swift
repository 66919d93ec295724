import Admin
import App
import ArgumentParser
import Domain

/// `latchkey key`: management keys.
struct KeyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "key",
        abstract: "Make and revoke management keys: what operators call /manage with.",
        subcommands: [Create.self, List.self, Show.self, Revoke.self])

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a management key and print it, once.",
            discussion: """
                Roles: 'read' sees and changes nothing; 'issue' also issues, changes and revokes access \
                tokens;
                'admin' may do everything.

                With --offline it is made in the data folder of this machine (LATCHKEY_DATA_DIR) on which no \
                server runs, \
                and no management key is needed: for when the last one is lost. The user that owns the \
                folder runs it.

                Examples:
                  latchkey key create --name alice --role admin
                  latchkey key create --name acme-helpdesk --role issue --project acme
                  latchkey key create --offline --name recovered --role admin
                """)

        @Option(help: "Who or what it is for; it need not be unique.")
        var name: String

        @Option(help: "What it may do: read, issue or admin.", completion: .words(Role.self))
        var role: String

        @Option(
            help: "The only project that it reaches, by id or name; all where it is left out.",
            completion: .project)
        var project: String?

        @Flag(help: "Make it in the data folder of a stopped server, without a management key.")
        var offline = false

        @Flag(help: "Print JSON.")
        var json = false

        /// Online the server tells.
        func validate() throws {
            guard offline else { return }
            guard Label(name) != nil else { throw ValidationError("--name must be \(Label.rule)") }
            guard Role(rawValue: role) != nil else {
                throw ValidationError("--role must be read, issue or admin")
            }
        }

        func run() async throws {
            if offline { return try await createOffline() }
            let client = try ManagementClient()
            let answer = try client.send(
                "POST", "/manage/keys",
                CreateManagementKeyRequest(name: name, role: role, project: project))
            guard !json else { return Console.print(answer) }
            show(try client.decode(ManagementKeyResource.self, from: answer))
        }

        private func createOffline() async throws {
            guard let name = Label(name), let role = Role(rawValue: role) else { return try validate() }
            let installation = Installation(try Settings(from: SettingsSource.current()))
            do {
                let made = try await installation.createManagementKey(
                    name: name, role: role, project: project, at: .now())
                let key = ManagementKeyResource(made.key, text: made.text)
                guard !json else { return try Output.json(key) }
                show(key)
            } catch let error as InstallationError where error.isInUse {
                throw CommandFailure(
                    .failed, error.message, hint: "leave out --offline, or stop the server first")
            }
        }

        private func show(_ key: ManagementKeyResource) {
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

        @Argument(
            help: "The key's id, with lkm_ or without, or its name where no other has it.",
            completion: .managementKey)
        var id: String

        @Flag(help: "Print JSON.")
        var json = false

        func run() throws {
            let client = try ManagementClient()
            let answer = try client.send("GET", KeyCommand.path(id, client))
            guard !json else { return Console.print(answer) }
            let key = try client.decode(ManagementKeyResource.self, from: answer)
            let projects = ProjectNames(of: [key.project].compactMap { $0 }, client)
            Output.table(ManagementKeyResource.table([key], projects), isWide: true)
        }
    }

    private static func path(_ name: String, _ client: ManagementClient) throws -> String {
        "/manage/keys/" + ManagementClient.escape(try client.id(of: .managementKey, name))
    }

    struct Revoke: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Revoke a management key, for good.",
            discussion: "The last key with the role admin for all projects stays: make another one first.")

        @Argument(
            help: "The key's id, with lkm_ or without, or its name where no other has it.",
            completion: .managementKey)
        var id: String

        @Flag(help: "Print JSON.")
        var json = false

        func run() throws {
            let client = try ManagementClient()
            let answer = try client.send("POST", KeyCommand.path(id, client) + "/revoke")
            guard !json else { return Console.print(answer) }
            let key = try client.decode(ManagementKeyResource.self, from: answer)
            Console.printError("Revoked \(key.id) (\(key.name)).")
        }
    }
}
