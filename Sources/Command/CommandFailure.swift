import App

/// Why a command did not do what it was asked: one line, a hint, and the exit status.
struct CommandFailure: Error, Equatable {
    /// The exit statuses but 0, of every command that has none of its own. docs/management.md lists them.
    enum Status: Int32, CaseIterable {
        case failed = 1
        case usage = 2
        case unreachable = 3
        case unauthorized = 4

        var meaning: String {
            switch self {
            case .failed: "failed, or refused by the server"
            case .usage: "wrong usage or settings"
            case .unreachable: "the server cannot be reached"
            case .unauthorized: "the management key is missing or refused"
            }
        }

        /// `0 done, 1 failed, …`.
        static var list: String {
            (["0 done"] + allCases.map { "\($0.rawValue) \($0.meaning)" }).joined(separator: ", ")
        }
    }

    var status: Status
    /// Lower-case, without a full stop.
    var message: String
    var hint: String?
    /// What the server said, to be put in the words of the command that asked.
    var refusal: Refusal?

    init(_ status: Status, _ message: String, hint: String?) {
        self.status = status
        self.message = message
        self.hint = hint
    }

    init(_ status: Status, _ error: some ExplainedError) {
        self.init(status, error.message, hint: error.hint)
    }

    /// What goes to standard error.
    var text: String { "latchkey: \(message)" + (hint.map { "\nhint: \($0)" } ?? "") }

    /// `text` as a lower-case clause on one line.
    static func sentence(_ text: String) -> String {
        var line = text.split(whereSeparator: \.isNewline).joined(separator: " ")
        while line.hasSuffix(".") { line.removeLast() }
        guard let first = line.first, line.dropFirst().first?.isUppercase != true else { return line }
        return first.lowercased() + line.dropFirst()
    }
}
