import Admin
import ArgumentParser

/// A no of the management API, in the words of the command that asked.
///
/// The server speaks of the fields of a request and knows no commands: here fields become options, and the
/// hint is about the things that the command is about.
struct Refusal: Equatable {
    let status: Int
    let problem: Problem

    /// In the server's words.
    var failure: CommandFailure { failure(of: nil) }

    func failure(of command: any ParsableCommand) -> CommandFailure {
        failure(of: type(of: command)) { (command as? any NamingFields)?.place(of: $0) }
    }

    func failure(
        of command: (any ParsableCommand.Type)?, naming own: (String) -> String? = { _ in nil }
    ) -> CommandFailure {
        let names = command.map { FieldNames(of: $0) }
        func sentence(_ detail: String) -> String {
            CommandFailure.sentence(names?.translated(detail) ?? detail)
        }
        var message = sentence(problem.detail)
        if let errors = problem.errors, !errors.isEmpty {
            message = errors.map { error in
                let field = String(error.pointer.drop { "/?".contains($0) })
                let place = own(error.pointer) ?? names?.place(of: error.pointer) ?? field
                return "\(place): \(sentence(error.detail))"
            }.joined(separator: "; ")
        }
        var failure = CommandFailure(
            status == 422 && missing == nil ? .usage : .failed, message,
            hint: hint(command.map { CommandTree.path(of: $0) } ?? []))
        failure.refusal = self
        return failure
    }

    /// The kind of what is not there; nil where the problem is another.
    private var missing: Problem.Kind? {
        Problem.Kind.allCases.first { problem.says(isMissing: $0) }
    }

    /// What to do, for the command that asked.
    private func hint(_ path: [String]) -> String {
        if problem.isInPart {
            return "what is revoked stays revoked; the same command revokes the others that still fit"
        }
        if let missing { return "'\(missing.listCommand)' lists them" }
        let help =
            "'\((path.isEmpty ? ["latchkey"] : path).joined(separator: " ")) --help' says what it takes"
        switch status {
        case 403: return "set LATCHKEY_ADMIN_KEY to a management key that may do this"
        case 429: return "wait that long; until then not even a right key is looked at"
        case 404, 409:
            if let setting = problem.detail.firstMatch(of: /LATCHKEY_[A-Z_]+/) {
                return "set \(setting.output) where the server runs, and start it again"
            }
            guard path.count > 1, let look = Self.looks[path[1]] else { return help }
            return "'latchkey \(look)' shows how things are"
        case 500...: return "the server's log says why"
        default: return help
        }
    }

    /// Where to look, by the first word of the command that was in conflict with it.
    private static let looks = [
        "project": "project list", "token": "token show ID", "invitation": "invitation show ID",
        "key": "key list", "credential": "credential list PROJECT", "backup": "backup list",
        "price": "price list", "alarm": "alarm list",
    ]
}

/// A command whose fields come from elsewhere than its options.
protocol NamingFields {
    /// What a pointer points at; nil where that is an option.
    func place(of pointer: String) -> String?
}
