/// What a project does with a request to a model that has no price, while a limit on cost applies to it.
/// Such a request is never counted as free by accident.
///
/// Written as `refuse`, `allow`, or a default price as `PROMPT/COMPLETION` in US dollars per million tokens
/// (`2.50/10.00`).
package enum UnpricedRule: Hashable, Sendable {
    case refuse
    /// Admitted; its cost is zero, and the project's owner wants it so.
    case allow
    case defaultPrice(prompt: Money, completion: Money)

    package static let rule = "'refuse', 'allow' or a default price as PROMPT/COMPLETION, such as 2.50/10.00"

    /// nil where the text breaks ``rule``.
    package init?(_ text: String) {
        switch text {
        case "refuse": self = .refuse
        case "allow": self = .allow
        default:
            let parts = text.split(separator: "/", omittingEmptySubsequences: false)
            guard parts.count == 2, let prompt = Money(parts[0]), let completion = Money(parts[1]) else {
                return nil
            }
            self = .defaultPrice(prompt: prompt, completion: completion)
        }
    }
}

extension UnpricedRule: CustomStringConvertible {
    package var description: String {
        switch self {
        case .refuse: "refuse"
        case .allow: "allow"
        case .defaultPrice(let prompt, let completion): "\(prompt)/\(completion)"
        }
    }
}
