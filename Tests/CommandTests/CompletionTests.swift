import App
import ArgumentParser
import Foundation
import Testing

@testable import Command

/// What shells complete the values of arguments with.
@Suite struct CompletionTests {
    /// Texts that only their writer knows.
    private static let free: Set<String> = [
        "name", "upstream-url", "amount", "limit", "time", "overlap", "owner", "label", "no-label", "network",
        "not-before", "idle-expires-in", "expires-in", "output-cap", "grace", "since", "unused-since",
        "search", "from", "to", "subject", "description", "valid-for", "tokens",
        "prompt-tokens", "max-output-tokens", "cost", "prompt", "cached-prompt", "openai-organization",
        "openai-project", "address", "n", "completion",
    ]

    private struct Argument {
        let command: String
        let name: String
        let hasCompletion: Bool
    }

    /// All that take a value, of all commands.
    private func arguments() throws -> [Argument] {
        let dump = try #require(
            try JSONSerialization.jsonObject(with: Data(Latchkey._dumpHelp().utf8)) as? [String: Any])
        func look(_ command: [String: Any]?, under path: String) -> [Argument] {
            guard let command, let name = command["commandName"] as? String, name != "help" else { return [] }
            let path = path.isEmpty ? name : "\(path) \(name)"
            let own = (command["arguments"] as? [[String: Any]] ?? []).compactMap { argument -> Argument? in
                guard argument["kind"] as? String != "flag" else { return nil }
                let names = (argument["names"] as? [[String: Any]])?.compactMap { $0["name"] as? String }
                return Argument(
                    command: path, name: names?.first ?? argument["valueName"] as? String ?? "",
                    hasCompletion: argument["completionKind"] != nil)
            }
            return own
                + (command["subcommands"] as? [[String: Any]] ?? []).flatMap { look($0, under: path) }
        }
        return look(dump["command"] as? [String: Any], under: "")
    }

    @Test func `every value is completed, unless only its writer can know it`() throws {
        let arguments = try arguments()
        #expect(arguments.count > 100)
        for argument in arguments {
            // The name of what is to be made is free as well.
            let isFree = Self.free.contains(argument.name) && argument.command != "latchkey backup delete"
            #expect(
                argument.hasCompletion != isFree || isException(argument),
                "\(argument.command): \(argument.name)")
        }
    }

    /// A limit that is topped up is one of few; one that is set is anybody's.
    private func isException(_ argument: Argument) -> Bool {
        argument.name == "limit" && ["top-up", "reset"].contains { argument.command.hasSuffix($0) }
    }

    @Test(arguments: ["bash", "zsh", "fish"])
    func `a script is made for each shell`(_ shell: String) throws {
        let script = Latchkey.completionScript(for: try #require(CompletionShell(rawValue: shell)))
        for word in ["last_used_at", "honey_token_used", "disabled", "chat_completions", "cost/month"] {
            #expect(script.contains(word), "\(shell): \(word)")
        }
        // What the server knows is asked for when it is needed.
        #expect(script.contains("---completion"))
    }

    @Test func `a list with commas is continued, and nothing is offered twice`() {
        let words = ["day", "model", "owner"]
        #expect(Suggestions.continuing("", with: words) == words)
        #expect(Suggestions.continuing("da", with: words) == words)
        #expect(Suggestions.continuing("day,", with: words) == ["day,model", "day,owner"])
        #expect(
            Suggestions.continuing("day,label:team,mo", with: words) == [
                "day,label:team,model", "day,label:team,owner",
            ])
    }

    @Test func `without a server there is nothing, and nothing is said`() {
        let names = Suggestions.items(BackupRow.self, "/manage/backups", isPaged: false).map(\.name)
        #expect(names.isEmpty)
    }

    private struct BackupRow: Codable { let name: String }
}
