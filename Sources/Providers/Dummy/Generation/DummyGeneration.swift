import Domain

/// One answer in words, as chat completions, completions and responses have in common: what is asked, what is
/// said, what it counts.
struct DummyGeneration {
    enum Form { case chat, text, response }

    /// What is said once: `n` asks for several.
    struct Choice {
        /// nil if tools are called instead.
        var tokens: [String]?
        /// Each with the tokens of its arguments.
        var calls: [(call: DummyTools.Call, tokens: [String])] = []
        /// A bound of the request cut it off.
        var isCut = false

        var text: String? { tokens?.joined() }
        var count: Int { (tokens?.count ?? 0) + calls.reduce(0) { $0 + $1.tokens.count } }
    }

    /// Tokens in all choices of one answer.
    static let outputLimit = 20_000
    static let choiceLimit = 128

    let model: DummyModel
    let choices: [Choice]
    var promptTokens: Int

    /// `prompt`: what is counted, and answered. `message` and `followsResult`: see ``DummyTools``.
    init(
        _ form: Form, of body: JSONValue, by model: DummyModel, prompt: JSONValue, message: String = "",
        followsResult: Bool = false, copies: Int = 1
    ) throws(APIError) {
        self.model = model
        let bounds = ["max_completion_tokens", "max_output_tokens", "max_tokens"].compactMap {
            body[$0]?.integer
        }
        let bound = bounds.min().map { max(0, $0) } ?? .max
        var choice = Choice()
        let calls =
            form == .text
            ? []
            : try DummyTools(body, isNested: form == .chat).calls(
                after: message, followsResult: followsResult)
        if calls.isEmpty {
            let format = try DummyFormat(
                form == .response ? body["text"]?["format"] : body["response_format"],
                parameter: form == .response ? "text.format" : "response_format")
            let text = Self.upTo(Self.stops(of: body), try format.answer(words: model.words))
            let tokens = DummyText.tokens(of: text)
            choice.isCut = tokens.count > bound
            choice.tokens = Array(tokens.prefix(bound))
        } else {
            var rest = bound
            for call in calls {
                let tokens = DummyText.tokens(of: call.text)
                if tokens.count > rest { choice.isCut = true }
                choice.calls.append((call, Array(tokens.prefix(rest))))
                rest -= min(rest, tokens.count)
            }
        }
        let count = max(1, body["n"]?.integer ?? 1) * copies
        guard count <= Self.choiceLimit, count * choice.count <= Self.outputLimit else {
            throw .invalid(
                "n asks for more than the dummy provider makes: at most \(Self.choiceLimit) choices and "
                    + "\(Self.outputLimit) words in one answer.", param: "n")
        }
        choices = Array(repeating: choice, count: count)
        promptTokens = DummyText.count(prompt)
    }

    var completionTokens: Int { choices.reduce(0) { $0 + $1.count } }

    /// The `usage` of chat completions and completions.
    var usage: JSONValue {
        [
            "prompt_tokens": .int(promptTokens), "completion_tokens": .int(completionTokens),
            "total_tokens": .int(promptTokens + completionTokens),
            "prompt_tokens_details": ["cached_tokens": 0, "audio_tokens": 0],
            "completion_tokens_details": [
                "reasoning_tokens": 0, "audio_tokens": 0, "accepted_prediction_tokens": 0,
                "rejected_prediction_tokens": 0,
            ],
        ]
    }

    /// The `usage` of responses.
    var responseUsage: JSONValue { Self.responseUsage(promptTokens, completionTokens) }

    static func responseUsage(_ input: Int, _ output: Int) -> JSONValue {
        [
            "input_tokens": .int(input),
            "input_tokens_details": ["cached_tokens": 0, "cache_write_tokens": 0],
            "output_tokens": .int(output), "output_tokens_details": ["reasoning_tokens": 0],
            "total_tokens": .int(input + output),
        ]
    }

    // MARK: - Stops

    private static func stops(of body: JSONValue) -> [String] {
        let stops = body["stop"]?.elements?.compactMap(\.string) ?? [body["stop"]?.string].compactMap(\.self)
        return stops.filter { !$0.isEmpty }.prefix(4).map(\.self)
    }

    /// The text up to the first stop in it.
    private static func upTo(_ stops: [String], _ text: String) -> String {
        let ends = stops.compactMap { text.firstRange(of: $0)?.lowerBound }
        return ends.min().map { String(text[..<$0]) } ?? text
    }
}
