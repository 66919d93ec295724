import ArgumentParser
import Foundation

/// The commands that there are and what each takes, as their declarations say: what messages about a command
/// line go by.
enum CommandTree {
    /// `["latchkey", "token", "issue"]`; the root alone for what is no command of ours.
    static func path(of command: any ParsableCommand.Type) -> [String] {
        func path(from root: any ParsableCommand.Type) -> [String]? {
            let name = [root._commandName]
            guard root != command else { return name }
            return root.configuration.subcommands.lazy.compactMap(path).first.map { name + $0 }
        }
        return path(from: Latchkey.self) ?? [Latchkey._commandName]
    }

    /// The options, flags and arguments of one command.
    struct Syntax {
        /// Those with a value, without the dashes.
        let options: Set<String>
        let flags: Set<String>
        /// What ArgumentParser takes of every command, and tells nobody.
        private static let unlisted: Set = [
            "h", "help-hidden", "experimental-dump-help", "generate-completion-script",
        ]

        func has(option: String) -> Bool {
            options.contains(option) || flags.contains(option) || Self.unlisted.contains(option)
        }

        /// The value names of what has no dashes in front.
        let arguments: Set<String>

        init(of command: any ParsableCommand.Type) {
            let help = try? JSONDecoder().decode(Help.self, from: Data(command._dumpHelp().utf8))
            let all = help?.command.arguments ?? []
            func names(_ kind: String) -> [String] {
                all.filter { $0.kind == kind }.flatMap { $0.names ?? [] }.map(\.name)
            }
            options = Set(names("option"))
            flags = Set(names("flag")).union(["help", "version"])
            arguments = Set(all.filter { $0.kind == "positional" }.compactMap(\.valueName))
        }

        /// What ArgumentParser writes for tools.
        private struct Help: Decodable {
            struct Command: Decodable { var arguments: [Argument]? }
            struct Argument: Decodable {
                struct Name: Decodable { var name: String }
                var kind: String
                var names: [Name]?
                var valueName: String?
            }
            var command: Command
        }
    }
}
