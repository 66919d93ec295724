import Admin
import ArgumentParser

/// `latchkey key`: management keys.
struct KeyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "key",
        abstract: "Make and revoke management keys: what operators call /manage with.",
        subcommands: [Create.self, List.self, Revoke.self])

    struct Create: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a management key and print it, once.",
            discussion: """
                Examples:
                  latchkey key create --name alice
                """)

        @Option(help: "Who or what it is for; it need not be unique.")
        var name: String

        @Flag(help: "Print JSON.")
        var json = false

        func run() throws {
            let client = try ManagementClient()
            let answer = try client.send("POST", "/manage/keys", CreateManagementKeyRequest(name: name))
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

        @Flag(help: "Print JSON: {\"items\": […]}.")
        var json = false

        func run() throws {
            let items = try ManagementClient().all(ManagementKeyResource.self, "/manage/keys")
            guard !json else { return try Output.json(PageResource(items: items, nextCursor: nil)) }
            let rows = items.map { [$0.id, $0.name, $0.createdAt, $0.revokedAt ?? "no"] }
            Console.print(Table(titles: ["id", "name", "created", "revoked"], rows: rows).text)
        }
    }

    struct Revoke: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Revoke a management key, for good.",
            discussion: "The last key that is not revoked stays: make another one first.")

        @Argument(help: "The key's id: the 12 characters behind 'lkm_'.")
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
