import ArgumentParser

/// Which option or argument of a command fills a field of the request that it sends: what the server says of
/// the field is said of that.
///
/// A field is named by the option that has its name with dashes (`time_zone`, `--time-zone`), or by the
/// argument (`name`, `<name>`), but for those in the two tables here. A name is used only where the command
/// has it.
struct FieldNames {
    /// Of every command that has the option.
    private static let common = [
        "expires_at": "--expires-in", "limits": "--limit", "models": "--model", "endpoints": "--endpoint",
        "networks": "--network", "labels": "--label", "grace_seconds": "--grace",
        "overlap_seconds": "--overlap", "upstream_key": "--upstream-key-file", "key": "--upstream-key-file",
        "group_by": "--by", "q": "--search", "cost_usd": "--cost", "seq": "--head", "hash": "--head",
        "usage_since": "--since",
    ]
    /// Where a command gives a name of a field to something else.
    private static let special: [(command: any ParsableCommand.Type, names: [String: String])] = [
        (
            InvitationCommand.Create.self,
            [
                "expires_in": "--valid-for", "token_expires_in": "--expires-in",
                "token_expires_at": "--expires-in",
            ]
        )
    ]

    private let syntax: CommandTree.Syntax
    private let names: [String: String]

    init(of command: any ParsableCommand.Type) {
        syntax = CommandTree.Syntax(of: command)
        names = Self.common.merging(Self.special.first { $0.command == command }?.names ?? [:]) { $1 }
    }

    /// `--limit` for `limits`; nil where nothing of the command fills the field.
    func option(of field: String) -> String? {
        let dashed = field.replacing("_", with: "-")
        for name in [names[field], "--" + dashed, "<\(dashed)>"].compactMap(\.self) where has(name) {
            return name
        }
        return nil
    }

    private func has(_ name: String) -> Bool {
        name.hasPrefix("<")
            ? syntax.arguments.contains(String(name.dropFirst().dropLast()))
            : syntax.has(option: String(name.dropFirst(2)))
    }

    /// What a pointer of a ``Problem`` points at: `--model (no. 2)` for `/models/1`; nil where it is nothing
    /// of the command.
    func place(of pointer: String) -> String? {
        var path = pointer.drop { "/?".contains($0) }.split(separator: "/").map {
            $0.replacing("~1", with: "/").replacing("~0", with: "~")
        }[...]
        // The fields of a filter are the options of the command.
        if path.first == "filter", path.count > 1 { path.removeFirst() }
        guard let field = path.popFirst(), let option = option(of: String(field)) else { return nil }
        guard let inner = path.first else { return option }
        return Int(inner).map { "\(option) (no. \($0 + 1))" } ?? "\(option) \(inner)"
    }

    /// A sentence about fields as one about options: names that can be nothing else, because of their
    /// underscore or quotes, are put in the command's words. What concerns `null` concerns nobody who types
    /// options.
    func translated(_ detail: String) -> String {
        var text = detail
        for end in [", or null", "; null lifts the restriction"] where text.hasSuffix(end) {
            text.removeLast(end.count)
        }
        text.replace(/\b[a-z]+(?:_[a-z]+)+\b/) { option(of: String($0.output)) ?? String($0.output) }
        text.replace(/'([a-z]+)'/) { match in option(of: String(match.1)).map { "'\($0)'" } ?? String(match.0)
        }
        return text
    }
}
