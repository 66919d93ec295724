import Domain

/// One answer in words, as chat completions, completions and responses have in common: what is asked, what is
/// said, what it counts.
struct DummyGeneration {
    let model: DummyModel
    let words: [String]
    let promptWords: Int
    let isStream: Bool
    let includesUsage: Bool
    /// True where a bound of the request cut the answer off.
    let isCut: Bool
    let now: Timestamp

    init(body: JSONValue, prompt: JSONValue?, now: Timestamp) throws(APIError) {
        let name = try DummyProvider.modelName(of: body)
        guard let model = DummyModel(name) else { throw DummyProvider.unknownModel(name) }
        let bounds = ["max_completion_tokens", "max_output_tokens", "max_tokens"].compactMap {
            body[$0]?.integer
        }
        let bound = max(0, bounds.min() ?? model.words)
        self.model = model
        self.now = now
        words = DummyText.words(min(model.words, bound))
        isCut = bound < model.words
        promptWords = DummyText.count(prompt)
        isStream = body["stream"]?.bool ?? false
        includesUsage = body["stream_options"]?["include_usage"]?.bool ?? false
    }

    var text: String { words.joined() }
    var finishReason: String { isCut ? "length" : "stop" }

    /// The `usage` of chat completions and completions.
    func writeUsage(to json: inout JSONWriter) {
        json.object("usage") {
            $0.member("prompt_tokens", promptWords)
            $0.member("completion_tokens", words.count)
            $0.member("total_tokens", promptWords + words.count)
            $0.object("prompt_tokens_details") {
                $0.member("cached_tokens", 0)
                $0.member("audio_tokens", 0)
            }
            $0.object("completion_tokens_details") {
                $0.member("reasoning_tokens", 0)
                $0.member("audio_tokens", 0)
                $0.member("accepted_prediction_tokens", 0)
                $0.member("rejected_prediction_tokens", 0)
            }
        }
    }
}
