import App
import ArgumentParser
import Foundation

/// The command `latchkey`: parses, runs one subcommand, and renders every error in one place.
@main
struct Latchkey: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "latchkey",
        abstract: "Issue access tokens for your OpenAI-compatible upstreams, and serve them.",
        discussion: """
            A first run:

              latchkey init                       # makes ./data and prints the first management key
              latchkey serve                      # in another terminal
              export LATCHKEY_ADMIN_KEY=lkm_…     # what init printed
              latchkey project create acme --upstream-key-file key.txt
              latchkey token issue --project acme --name bob --expires-in 30d

            Settings are read from the environment and from .env in the working folder; the environment \
            wins. \
            .env.example lists them all. Exit statuses: \(CommandFailure.Status.list).
            """,
        version: Version.full,
        subcommands: [
            InitCommand.self, ServeCommand.self, ProjectCommand.self, CredentialCommand.self,
            TokenCommand.self, InvitationCommand.self, UsageCommand.self, PriceCommand.self,
            KeyCommand.self, AlarmCommand.self, AuditCommand.self, BackupCommand.self, RestoreCommand.self,
            MasterKeyCommand.self, DoctorCommand.self, VersionCommand.self,
        ])

    static func main() async {
        // A reader that went away (`latchkey token list | head`) is an error of write, not a signal.
        signal(SIGPIPE, SIG_IGN)
        ProcessHardening.apply()
        let shielded = ShieldedArguments(CommandLine.arguments.dropFirst())
        var parsed: (any ParsableCommand)?
        do {
            try DescriptorLimit.raise()
            try KeyFile.refuseKey(in: shielded.arguments)
            shielded.warn()
            var command = try parse(shielded.arguments)
            parsed = command
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
        } catch {
            end(with: error, of: parsed)
        }
    }

    /// The command that is meant, with its options. What is misspelt is told first, whatever else is wrong.
    private static func parse(_ arguments: [String]) throws -> any ParsableCommand {
        do {
            let command = try parseAsRoot(arguments)
            // Takes any words.
            if arguments.first == "help", let slip = Slip.find(in: arguments) { throw slip }
            return command
        } catch  where exitCode(for: error) == .validationFailure {
            throw Slip.find(in: arguments) ?? error
        }
    }

    /// `command`: the one that ran; nil where the line is none.
    private static func end(with error: any Error, of command: (any ParsableCommand)?) -> Never {
        let failure: CommandFailure
        switch error {
        case let error as CommandFailure:
            failure = command.flatMap { error.refusal?.failure(of: $0) } ?? error
        case let error as any ExplainedError:
            failure = CommandFailure(error.isWrongUsage ? .usage : .failed, error)
        default:
            let code = exitCode(for: error)
            if error is ExitCode { Foundation.exit(code.rawValue) }
            guard code != .success else {
                // What was asked for: help, the version, a completion script.
                Console.print(data: fullMessage(for: error))
                Foundation.exit(0)
            }
            failure =
                code == .validationFailure
                ? CommandFailure(
                    .usage, CommandFailure.sentence(message(for: error)), hint: usageHint(for: error))
                : CommandFailure(.failed, UnexpectedError(error))
        }
        Console.printError(failure.text)
        Foundation.exit(failure.status.rawValue)
    }

    private static func usageHint(for error: any Error) -> String {
        let usage = fullMessage(for: error).split(separator: "\n").first { $0.hasPrefix("Usage:") }
        let words = (usage?.dropFirst(6).split(separator: " ") ?? []).prefix {
            !"-<[".contains($0.first ?? "-")
        }
        return "run '\((words.isEmpty ? ["latchkey"] : words).joined(separator: " ")) --help'"
    }
}
