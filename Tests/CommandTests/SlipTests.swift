import ArgumentParser
import Testing

@testable import Command

@Suite struct SlipTests {
    private func slip(_ line: String) -> CommandFailure? {
        Slip.find(in: line.split(separator: " ").map(String.init))
    }

    @Test(arguments: [
        ("tokn list", "'latchkey tokn'", "token"), ("token lst", "'latchkey token lst'", "list"),
        ("token lst --project x", "'latchkey token lst'", "list"),
        ("inv list", "'latchkey inv'", "invitation"),
        ("token remove x", "'latchkey token remove'", "revoke"),
        ("backup craete", "'latchkey backup craete'", "create"),
        ("help tokn", "'latchkey tokn'", "token"), ("help token isue", "'latchkey token isue'", "issue"),
        ("token issue --projet acme --name bob", "'--projet' of 'latchkey token issue'", "--project"),
        ("token issue --project acme --nam bob", "'--nam'", "--name"),
        ("token issue --project=acme --name=b --expire-in=3d", "'--expire-in'", "--expires-in"),
        ("backup --outpt x", "'--outpt' of 'latchkey backup create'", "--output"),
        ("token top-up x requests/day 5 --jsn", "'--jsn'", "--json"),
        ("token update x --no-limit", "'--no-limit'", "--no-limits"), ("--vrsion", "'--vrsion'", "--version"),
    ])
    func `a word that is none is told, with the one that was meant`(
        _ line: String, _ wrong: String, _ meant: String
    ) throws {
        let failure = try #require(slip(line))
        #expect(failure.status == .usage)
        #expect(failure.message.contains(wrong), "\(failure.message)")
        #expect(failure.hint?.hasPrefix("did you mean '\(meant)'? ") == true, "\(failure.hint ?? "")")
    }

    @Test(arguments: ["bogus", "token frobnicate", "token list --frobnicate", "help bogus", "--frobnicate"])
    func `where nothing is near, the help is named`(_ line: String) throws {
        let hint = try #require(slip(line)?.hint)
        #expect(hint.contains("--help' lists them all") && !hint.contains("did you mean"))
    }

    @Test(arguments: [
        "", "token", "token list", "token list --project --name", "token list --project acme --name bob*",
        "project show a b", "backup --output x", "help", "help token issue", "token show -- --bogus",
        "token issue --limit requests=1/day --json", "usage --by=day", "restore -", "--help", "token list -h",
        "--generate-completion-script bash", "--version", "token revoke bogus",
    ])
    func `a line of known words is none`(_ line: String) { #expect(slip(line) == nil) }

    @Test func `every command knows its own options`() {
        for command in commands(under: Latchkey.self) where command.configuration.subcommands.isEmpty {
            let path = CommandTree.path(of: command)
            #expect(path.first == "latchkey" && path.count > 1)
            let syntax = CommandTree.Syntax(of: command)
            #expect(!syntax.flags.isEmpty && !syntax.options.contains("help"))
            let words = syntax.options.map { "--\($0)=x" } + syntax.flags.map { "--\($0)" }
            #expect(Slip.find(in: path.dropFirst() + words) == nil, "\(path)")
        }
    }
}

/// A command and all below it.
func commands(under root: any ParsableCommand.Type) -> [any ParsableCommand.Type] {
    [root] + root.configuration.subcommands.flatMap { commands(under: $0) }
}
