import App
import ArgumentParser

/// A word of a command line that is no command or option, and the one that was probably meant.
enum Slip {
    /// The first one; nil where every command and option is one.
    static func find(in arguments: [String]) -> CommandFailure? {
        var command: any ParsableCommand.Type = Latchkey.self
        var rest = arguments[...]
        let asksForHelp = rest.first == "help"
        if asksForHelp { rest.removeFirst() }
        while let word = rest.first, !word.hasPrefix("-") {
            let subcommands = command.configuration.subcommands
            guard !subcommands.isEmpty else { break }
            if let next = subcommands.first(where: { $0._commandName == word }) {
                command = next
                rest.removeFirst()
            } else {
                return failure(
                    "there is no command '\(name(command)) \(word)'", word,
                    of: subcommands.map { $0._commandName }, command)
            }
        }
        guard !asksForHelp else { return nil }
        if let other = command.configuration.defaultSubcommand { command = other }
        return option(in: rest, of: command)
    }

    private static func option(in words: ArraySlice<String>, of command: any ParsableCommand.Type)
        -> CommandFailure?
    {
        let syntax = CommandTree.Syntax(of: command)
        var isValue = false
        for word in words {
            guard word != "--" else { return nil }
            guard word.hasPrefix("-"), word != "-" else {
                isValue = false
                continue
            }
            guard !isValue else { return nil }
            let option = String(word.drop { $0 == "-" }.prefix { $0 != "=" })
            isValue = syntax.options.contains(option) && !word.contains("=")
            guard !syntax.has(option: option) else { continue }
            let known = syntax.options.union(syntax.flags).filter { $0.count > 1 }.sorted()
            return failure(
                "there is no option '\(word.prefix { $0 != "=" })' of '\(name(command))'", option, of: known,
                command, dashes: "--")
        }
        return nil
    }

    private static func name(_ command: any ParsableCommand.Type) -> String {
        CommandTree.path(of: command).joined(separator: " ")
    }

    private static func failure(
        _ message: String, _ word: String, of known: [String], _ command: any ParsableCommand.Type,
        dashes: String = ""
    ) -> CommandFailure {
        let help = "'\(name(command)) --help' lists them all"
        guard let nearest = nearest(to: word, of: known) else {
            return CommandFailure(.usage, message, hint: help)
        }
        return CommandFailure(.usage, message, hint: "did you mean '\(dashes)\(nearest)'? \(help)")
    }

    /// The one of `known` of which a slip of the hand can have made `word`, or that it is the beginning of.
    static func nearest(to word: String, of known: [String]) -> String? {
        let candidates = known.map { (name: $0, distance: editDistance($0, word)) }
        guard let best = candidates.min(by: { $0.distance < $1.distance }) else { return nil }
        // A third of the word may be wrong.
        if best.distance <= max(1, (best.name.utf8.count + 1) / 3) { return best.name }
        let begun = known.filter { $0.hasPrefix(word) }
        return word.utf8.count > 1 && begun.count == 1 ? begun[0] : nil
    }
}
