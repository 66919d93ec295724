import Admin
import ArgumentParser
import Domain
import Foundation

/// `latchkey project`: what access tokens belong to, and where it sends them.
struct ProjectCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "project",
        abstract: "Make and change projects: what access tokens belong to.",
        subcommands: [
            Create.self, List.self, Show.self, Update.self, Check.self, LimitTopUp<ProjectCommand>.self,
            LimitReset<ProjectCommand>.self,
        ])

    struct Create: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a project.",
            discussion: """
                The upstream URL is what an OpenAI SDK takes as base URL: /v1/x goes to URL/x; a URL without \
                a path \
                means /v1. 'dummy:' is the built-in provider that answers without a network and needs no \
                key. The \
                upstream key is read from a file or, for '-', from standard input; it cannot be read back.

                Examples:
                  latchkey project create acme --upstream-key-file - < key.txt
                  latchkey project create lab --upstream-url http://10.0.0.5:8000/v1 --upstream-key-file \
                key.txt
                  latchkey project create demo --upstream-url dummy:
                  latchkey project create acme --limit cost=500/month --time-zone Europe/Berlin
                """)

        @Argument(help: "The project's name: a-z, 0-9, '-', '_' and '.', 64 characters at most.")
        var name: String

        @Option(help: "Where the project's requests go.")
        var upstreamURL = "https://api.openai.com/v1"

        @Option(
            help: ArgumentHelp("The file of the upstream's key; '-' is standard input.", valueName: "file"),
            completion: .file())
        var upstreamKeyFile: String?

        @OptionGroup var limits: LimitOptions
        @OptionGroup var options: ProjectOptions

        @Flag(help: "Print JSON.")
        var json = false

        func run() throws {
            let key = try upstreamKeyFile.map { try KeyFile.read($0) }
            let client = try ManagementClient()
            let body = CreateProjectRequest(
                name: name, upstreamURL: upstreamURL, upstreamKey: key.map(Output.reveal),
                fields: options.wire, limits: limits.wire)
            let answer = try client.send("POST", "/manage/projects", body)
            try ProjectCommand.show(answer, client, json: json)
            if !json, key == nil, upstreamURL != "dummy:" {
                Console.printError(
                    "hint: it refuses calls until its key is set: latchkey credential set \(name) "
                        + "--upstream-key-file -"
                )
            }
        }
    }

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List all projects.")

        @OptionGroup var list: ListOptions<ProjectResource>

        func run() throws { try list.run(ManagementClient(), "/manage/projects") }
    }

    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Show one project.")

        @Argument(help: "The project's id or name.", completion: .project)
        var project: String

        @Flag(help: "Print JSON.")
        var json = false

        func run() throws {
            let client = try ManagementClient()
            let answer = try client.send("GET", ProjectCommand.path(project))
            try ProjectCommand.show(answer, client, json: json)
        }
    }

    struct Update: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Change a project's name, description, upstream, state, limits or accounting.",
            discussion: """
                'disabled' refuses all its access tokens, at once, until it is 'active' again; 'archived' is \
                for \
                good. An upstream key is never sent to another server than it was given for: with an \
                upstream URL of \
                another host the key has to be given too. With --limit all limits are given anew: one that \
                was there \
                keeps what it has counted.

                Examples:
                  latchkey project update acme --state disabled
                  latchkey project update acme --upstream-url https://eu.example/v1 --upstream-key-file -
                """)

        @Argument(help: "The project's id or name.", completion: .project)
        var project: String

        @Option(help: "A new name.")
        var name: String?

        @Option(help: "A new upstream.")
        var upstreamURL: String?

        @Option(
            help: ArgumentHelp("The file of the upstream's key; '-' is standard input.", valueName: "file"),
            completion: .file())
        var upstreamKeyFile: String?

        @Option(help: "active, disabled or archived.", completion: .words(Project.State.self))
        var state: String?

        @OptionGroup var limits: LimitOptions
        @OptionGroup var options: ProjectOptions

        @Flag(help: "Print JSON.")
        var json = false

        func validate() throws {
            let isEmpty =
                name == nil && upstreamURL == nil && upstreamKeyFile == nil && state == nil
                && limits.wire == .left && options.wire == ProjectResource.Fields()
            guard !isEmpty else {
                throw ValidationError(
                    "There is nothing to change: give --name, --upstream-url, --state, --limit or another "
                        + "option."
                )
            }
        }

        func run() throws {
            let key = try upstreamKeyFile.map { try KeyFile.read($0) }
            let client = try ManagementClient()
            let body = UpdateProjectRequest(
                name: name, upstreamURL: upstreamURL, upstreamKey: key.map(Output.reveal), state: state,
                fields: options.wire, limits: limits.wire)
            let answer = try client.send("PATCH", ProjectCommand.path(project), body)
            try ProjectCommand.show(answer, client, json: json)
        }
    }

    static func path(_ project: String) -> String { "/manage/projects/" + ManagementClient.escape(project) }

    static func show(_ answer: Data, _ client: ManagementClient, json: Bool) throws {
        guard !json else { return Console.print(answer) }
        let project = try client.decode(ProjectResource.self, from: answer)
        Output.table(.fields(project.rows))
        LimitOptions.show(project.limits)
    }
}
