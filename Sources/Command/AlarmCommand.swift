import Admin
import ArgumentParser
import Domain

/// `latchkey alarm`: what the server raised alarms about.
struct AlarmCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "alarm",
        abstract: "List alarms, and send one to see whether it arrives.",
        subcommands: [List.self, Test.self])

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List alarms, newest first.",
            discussion: """
                States: 'waiting' for delivery, 'delivered', 'given_up' after a day, 'dropped' because too \
                many \
                waited, 'unsent' because LATCHKEY_ALARM_URL is not set.

                Examples:
                  latchkey alarm list --state waiting
                  latchkey alarm list --kind quota_exhausted --project acme --json
                """)

        @Option(help: "Only of this kind, as leaked_token_revoked.", completion: .words(AlarmKind.self))
        var kind: String?

        @Option(
            help: "Only in this state: waiting, delivered, given_up, dropped or unsent.",
            completion: .words(AlarmState.self))
        var state: String?

        @Option(help: "Only of this project, by id or name.", completion: .project)
        var project: String?

        @OptionGroup var list: ListOptions<AlarmResource>

        func run() throws {
            var query: [String: String] = [:]
            query["kind"] = kind
            query["state"] = state
            query["project"] = project
            try list.run(ManagementClient(), "/manage/alarms", query: query)
        }
    }

    struct Test: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Send an alarm of the kind 'test'.",
            discussion: "'latchkey alarm list --kind test' shows a second later whether it was taken.")

        @Flag(help: "Print JSON.")
        var json = false

        func run() throws {
            let client = try ManagementClient()
            let answer = try client.send("POST", "/manage/alarms/test")
            guard !json else { return Console.print(answer) }
            let alarm = try client.decode(AlarmResource.self, from: answer)
            Console.printError(
                "Sending \(alarm.id); 'latchkey alarm list --kind test' shows what became of it.")
        }
    }
}
