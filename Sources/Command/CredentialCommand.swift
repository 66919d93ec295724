import Admin
import ArgumentParser

/// `latchkey credential`: a project's upstream key, which can be set and never read.
struct CredentialCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "credential",
        abstract: "Set, switch and remove the keys that a project's upstream is called with.",
        subcommands: [Set.self, List.self, Rotate.self, Activate.self, Remove.self])

    struct Set: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Set a project's upstream key, in place of the active one.",
            discussion: """
                The key is read from a file or, for '-', from standard input, and cannot be read back. The \
                key before is \
                forgotten; 'credential rotate' keeps it. The next request uses it; access tokens stay as \
                they are.

                Examples:
                  latchkey credential set acme --upstream-key-file - < key.txt
                """)

        @Argument(help: "The project's id or name.", completion: .project)
        var project: String

        @Option(
            help: ArgumentHelp("The file of the key; '-' is standard input.", valueName: "file"),
            completion: .file())
        var upstreamKeyFile: String

        @Flag(help: "Print JSON.")
        var json = false

        func run() throws {
            let key = try KeyFile.read(upstreamKeyFile)
            let client = try ManagementClient()
            let answer = try client.send(
                "PUT", ProjectCommand.path(project) + "/credential",
                SetCredentialRequest(key: Output.reveal(key)))
            guard !json else { return Console.print(answer) }
            let credential = try client.decode(CredentialResource.self, from: answer)
            Console.printError("The key of \(project) is set (\(credential.id)).")
        }
    }
}
