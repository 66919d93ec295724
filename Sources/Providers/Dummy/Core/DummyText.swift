import Domain

/// The dummy provider's language: a word is a token, in questions and answers alike, so that its usage can be
/// checked by eye.
///
/// A token is a run of white space and up to ``tokenLimit`` characters behind it; so a long text without
/// spaces, such as JSON, has more than one.
enum DummyText {
    static let tokenLimit = 12

    private static let vocabulary = [
        "This", "answer", "comes", "from", "the", "dummy", "provider,", "which", "needs", "no", "network.",
        "Hello!",
    ]

    /// An answer of so many words.
    static func answer(_ words: Int) -> String {
        (0..<words).map { vocabulary[$0 % vocabulary.count] }.joined(separator: " ")
    }

    /// The tokens of a text; joined, they are the text again.
    static func tokens(of text: String) -> [String] {
        var tokens: [String] = []
        var token = String.UnicodeScalarView()
        var length = 0
        for scalar in text.unicodeScalars {
            let isSpace = scalar.properties.isWhitespace
            if length == tokenLimit || (isSpace && length > 0) {
                tokens.append(String(token))
                token = String.UnicodeScalarView()
                length = 0
            }
            token.append(scalar)
            if !isSpace { length += 1 }
        }
        if !token.isEmpty { tokens.append(String(token)) }
        return tokens
    }

    /// How many tokens of text there are in a question: in a string, or in all `content`, `text`,
    /// `arguments`, `input` and `output` below.
    static func count(_ value: JSONValue?) -> Int {
        switch value {
        case .string(let text): count(of: text)
        case .array(let elements): elements.reduce(0) { $0 + count($1) }
        case .object(let members):
            members.reduce(0) { sum, member in
                switch member.key {
                case "content", "text", "arguments", "input", "output": sum + count(member.value)
                default: sum
                }
            }
        // A prompt may be given in tokens.
        case .number: 1
        case .null, .bool, nil: 0
        }
    }

    /// Of a text, white space at its ends not counted.
    private static func count(of text: String) -> Int {
        var tokens = 0
        var length = 0
        for scalar in text.unicodeScalars {
            if scalar.properties.isWhitespace {
                length = 0
            } else {
                if length % tokenLimit == 0 { tokens += 1 }
                length += 1
            }
        }
        return tokens
    }

    /// The names in a text: runs of letters, digits, `_` and `-`.
    static func names(in text: String) -> Set<String> {
        Set(
            text.split { !($0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_" || $0 == "-")) }
                .map(String.init))
    }

    /// The text of a message: of its `content`, which is a string or a list of parts.
    static func text(of message: JSONValue) -> String {
        switch message["content"] {
        case .string(let text): text
        case .array(let parts): parts.compactMap { $0["text"]?.string }.joined(separator: "\n")
        default: ""
        }
    }
}
