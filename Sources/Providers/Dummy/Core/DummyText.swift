import Domain

/// The dummy provider's language: a word is a token, in questions and answers alike, so its usage can be
/// checked by eye.
enum DummyText {
    private static let vocabulary = [
        "This", "answer", "comes", "from", "the", "dummy", "provider,", "which", "needs", "no", "network.",
        "Hello!",
    ]

    /// The words of an answer; each but the first begins with its space, so that they only have to be joined.
    static func words(_ count: Int) -> [String] {
        (0..<count).map { ($0 == 0 ? "" : " ") + vocabulary[$0 % vocabulary.count] }
    }

    /// How many words of text there are in a question: in a string, or in all `content`, `text` and
    /// `arguments` below.
    static func count(_ value: JSONValue?) -> Int {
        switch value {
        case .string(let text): text.split(whereSeparator: \.isWhitespace).count
        case .array(let elements): elements.reduce(0) { $0 + count($1) }
        case .object(let members):
            members.reduce(0) { sum, member in
                switch member.key {
                case "content", "text", "arguments", "output": sum + count(member.value)
                default: sum
                }
            }
        // A prompt may be given in tokens.
        case .number: 1
        case .null, .bool, nil: 0
        }
    }
}
