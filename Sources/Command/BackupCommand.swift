import Admin
import ArgumentParser
import Foundation

/// `latchkey backup`: copies of the store, made by the running server.
struct BackupCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup",
        abstract: "Have the running server make a copy of its store.",
        discussion: """
            The copy is of one moment, looked at whole, and lies in the data folder's 'backups', or with \
            --output here \
            instead. The master key is never in it: keep a copy of that elsewhere, for without it no backup \
            opens. \
            'latchkey restore' puts one back.

            Examples:
              latchkey backup
              latchkey backup --output /mnt/safe/latchkey-$(date +%F).db
              latchkey backup list
              latchkey backup delete latchkey-2026-11-21T03-00-00.000Z.db
            """,
        subcommands: [Create.self, List.self, Delete.self], defaultSubcommand: Create.self)

    struct Create: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make one (what 'latchkey backup' alone does).")

        @Option(
            help: ArgumentHelp("A file to make here; the server keeps no copy then.", valueName: "file"),
            completion: .file())
        var output: String?

        @Flag(help: "Print JSON.")
        var json = false

        func run() throws {
            let client = try ManagementClient()
            let answer = try client.send("POST", "/manage/backups", isSlow: true)
            let backup = try client.decode(BackupResource.self, from: answer)
            if let output {
                let path = "/manage/backups/\(ManagementClient.escape(backup.name))"
                defer { _ = try? client.send("DELETE", path) }
                try NewFile.write(output) { try client.download(path, to: $0) }
            }
            guard !json else { return Console.print(answer) }
            Console.printError("Audit head: \(backup.auditHead ?? "none").")
            Console.print(output ?? backup.name)
        }
    }

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the backups that the server keeps, newest first.")

        @OptionGroup var list: ListOptions<BackupResource>

        func run() throws {
            let client = try ManagementClient()
            let answer = try client.send("GET", "/manage/backups")
            let all = try client.decode(PageResource<BackupResource>.self, from: answer).items
            let page = try list.chosen(
                from: all, by: ["name": { $0.name < $1.name }, "bytes": { $0.bytes < $1.bytes }])
            try list.show(page, client, isFiltered: false)
        }
    }

    struct Delete: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Delete a backup that the server keeps.")

        @Argument(help: "Its name, as 'latchkey backup list' shows it.", completion: .backup)
        var name: String

        @Flag(help: "Print JSON: {\"deleted\": NAME}.")
        var json = false

        func run() throws {
            _ = try ManagementClient().send("DELETE", "/manage/backups/\(ManagementClient.escape(name))")
            guard !json else { return try Output.json(["deleted": name]) }
            Console.printError("Deleted \(name).")
        }
    }
}
