import Domain

/// How likely each token was: always the same, with alternatives that were a little less so.
enum DummyLogprobs {
    private static let chosen = JSONValue.number("-0.125")
    private static let alternatives = (0..<20).map {
        (token: " other\($0)", logprob: JSONValue.number("-\($0 + 2).5"))
    }

    private static func entry(_ token: String, _ logprob: JSONValue) -> [JSONValue.Member] {
        [
            .init("token", .string(token)), .init("logprob", logprob),
            .init("bytes", .array(token.utf8.map { .int(Int($0)) })),
        ]
    }

    /// One per token, as chat completions and responses have them. `top`: how many candidates each lists.
    static func list(of tokens: [String], top: Int) -> JSONValue {
        .array(
            tokens.map { token in
                let others = alternatives.prefix(max(0, top - 1)).map {
                    JSONValue.object(entry($0.token, $0.logprob))
                }
                let listed = top > 0 ? [JSONValue.object(entry(token, chosen))] + others : []
                return .object(entry(token, chosen) + [.init("top_logprobs", .array(listed))])
            })
    }

    /// As completions have them; `offset` of the first token in the text, in characters.
    static func columns(of tokens: [String], top: Int, offset: Int) -> JSONValue {
        var offsets: [JSONValue] = []
        var offset = offset
        for token in tokens {
            offsets.append(.int(offset))
            offset += token.count
        }
        return [
            "tokens": .array(tokens.map { .string($0) }),
            "token_logprobs": .array(tokens.map { _ in chosen }),
            "top_logprobs": .array(
                tokens.map { token in
                    let others = alternatives.prefix(max(0, top - 1)).map {
                        JSONValue.Member($0.token, $0.logprob)
                    }
                    return .object(top > 0 ? [.init(token, chosen)] + others : [])
                }),
            "text_offset": .array(offsets),
        ]
    }
}
