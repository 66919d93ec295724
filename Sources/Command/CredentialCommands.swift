import Admin
import App
import ArgumentParser
import Foundation

/// `latchkey credential list`, `rotate`, `activate` and `remove`.
extension CredentialCommand {
    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List a project's upstream keys, without the keys themselves.")

        @Argument(help: "The project's id or name.", completion: .project)
        var project: String

        @OptionGroup var list: ListOptions<CredentialResource>

        func run() throws {
            let client = try ManagementClient()
            let answer = try client.send("GET", CredentialCommand.path(project))
            let all = try client.decode(PageResource<CredentialResource>.self, from: answer).items
            let page = try list.chosen(
                from: all, by: ["name": { $0.name < $1.name }, "created_at": { $0.createdAt < $1.createdAt }])
            try list.show(page, client, isFiltered: false)
        }
    }

    struct Rotate: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Give a project another upstream key, and keep the one before.",
            discussion: """
                The next request uses the new key; what is under way ends with the one it began with. \
                'credential activate' \
                switches back while the old one is kept.

                Examples:
                  latchkey credential rotate acme --name 2027-q1 --upstream-key-file - < key.txt
                  latchkey credential rotate acme --name 2027-q1 --upstream-key-file key.txt --overlap 7d
                """)

        @Argument(help: "The project's id or name.", completion: .project)
        var project: String

        @Option(help: "What the new key is called; it need not be unique.")
        var name: String

        @Option(
            help: ArgumentHelp("The file of the key; '-' is standard input.", valueName: "file"),
            completion: .file())
        var upstreamKeyFile: String

        @OptionGroup var overlap: OverlapOption

        @Flag(help: "Print JSON.")
        var json = false

        func run() throws {
            let key = try KeyFile.read(upstreamKeyFile)
            let client = try ManagementClient()
            let body = RotateCredentialRequest(
                name: name, key: Output.reveal(key), overlap: OverlapField(seconds: overlap.overlap))
            let answer = try client.send("POST", CredentialCommand.path(project), body)
            guard !json else { return Console.print(answer) }
            let credential = try client.decode(CredentialResource.self, from: answer)
            Console.printError("\(project) uses \(credential.name) (\(credential.id)) from now on.")
        }
    }

    struct Activate: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Let a project use one of its kept upstream keys again.")

        @Argument(help: "The project's id or name.", completion: .project)
        var project: String

        @Argument(
            help: "The credential's id, or its name where no other has it.", completion: .retiredCredential)
        var id: String

        @OptionGroup var overlap: OverlapOption

        @Flag(help: "Print JSON.")
        var json = false

        func run() throws {
            let client = try ManagementClient()
            let id = try client.credential(id, of: project)
            let answer = try client.send(
                "POST", CredentialCommand.path(project, id) + "/activate",
                ActivateCredentialRequest(overlap: OverlapField(seconds: overlap.overlap)))
            guard !json else { return Console.print(answer) }
            let credential = try client.decode(CredentialResource.self, from: answer)
            Console.printError("\(project) uses \(credential.name) (\(credential.id)) from now on.")
        }
    }

    struct Remove: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Forget a retired upstream key.")

        @Argument(help: "The project's id or name.", completion: .project)
        var project: String

        @Argument(
            help: "The credential's id, or its name where no other has it.", completion: .retiredCredential)
        var id: String

        @Flag(help: "Print JSON.")
        var json = false

        func run() throws {
            let client = try ManagementClient()
            let id = try client.credential(id, of: project)
            let answer = try client.send("DELETE", CredentialCommand.path(project, id))
            guard !json else { return Console.print(answer) }
            Console.printError("\(id) of \(project) is removed.")
        }
    }

    /// `--overlap`.
    struct OverlapOption: ParsableArguments {
        @Option(
            help: ArgumentHelp(
                "For how long the one before is kept: 12h, 7d; until it is removed, if left out.",
                valueName: "time"),
            transform: OverlapOption.seconds)
        var overlap: Int64?

        private static func seconds(_ argument: String) throws -> Int64 {
            guard let milliseconds = Quantities.milliseconds(argument), milliseconds % 1000 == 0 else {
                throw ValidationError("it has to be a time of whole seconds, as 12h or 7d")
            }
            return milliseconds / 1000
        }
    }

    fileprivate static func path(_ project: String, _ id: String? = nil) -> String {
        let list = ProjectCommand.path(project) + "/credentials"
        return id.map { list + "/" + ManagementClient.escape($0) } ?? list
    }
}
