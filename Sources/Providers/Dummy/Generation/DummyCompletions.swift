import Domain

/// `completions`: text behind one prompt or several, whole or as a stream.
struct DummyCompletions {
    static let routes = [
        DummyRoute("POST", "completions") { call throws(APIError) in try DummyCompletions(call).answer }
    ]

    private let call: DummyCall
    private let body: JSONValue
    private let generation: DummyGeneration
    /// Of each choice, repeated in front of it; empty unless asked for.
    private let echoes: [String]
    private let includesUsage: Bool
    private let logprobs: Int?

    private init(_ call: DummyCall) throws(APIError) {
        let body = try call.json()
        let model = try call.model(of: body)
        let prompt = body["prompt"] ?? ""
        let prompts: [JSONValue]
        switch prompt {
        case .string: prompts = [prompt]
        // One prompt that is given in tokens.
        case .array(let elements) where elements.first?.integer != nil: prompts = [prompt]
        case .array(let elements) where !elements.isEmpty: prompts = elements
        default: throw .missing("prompt")
        }
        generation = try DummyGeneration(.text, of: body, by: model, prompt: prompt, copies: prompts.count)
        self.call = call
        self.body = body
        includesUsage = body["stream_options"]?["include_usage"]?.bool ?? false
        logprobs = body["logprobs"]?.integer.map { min(max($0, 0), 5) }
        let copies = generation.choices.count / prompts.count
        let isEcho = body["echo"]?.bool ?? false
        echoes = prompts.flatMap { prompt in
            Array(repeating: isEcho ? prompt.string ?? "" : "", count: copies)
        }
    }

    private var answer: DummyAnswer {
        if body["stream"]?.bool ?? false { return DummyAnswer(events: events, delay: generation.model.delay) }
        let choices = generation.choices.enumerated().map { index, choice in
            self.choice(index, echoes[index] + (choice.text ?? ""), choice.tokens ?? [], reason(choice))
        }
        return DummyAnswer(
            delay: generation.model.delay,
            envelope.setting([.init("choices", .array(choices)), .init("usage", generation.usage)]))
    }

    private var events: [[UInt8]] {
        var events: [[UInt8]] = []
        for (index, choice) in generation.choices.enumerated() {
            if !echoes[index].isEmpty {
                events.append(event([self.choice(index, echoes[index], [], .null)], .null))
            }
            for token in choice.tokens ?? [] {
                events.append(event([self.choice(index, token, [token], .null)], .null))
            }
            events.append(event([self.choice(index, "", [], reason(choice))], .null))
        }
        if includesUsage { events.append(event([], generation.usage)) }
        events.append(DummyAnswer.done)
        return events
    }

    private func event(_ choices: JSONValue, _ usage: JSONValue) -> [UInt8] {
        let event = envelope.setting("choices", choices)
        return DummyAnswer.event(includesUsage ? event.setting("usage", usage) : event)
    }

    private var envelope: JSONValue {
        [
            "id": .string(call.newID("cmpl-")), "object": "text_completion", "created": .int(call.seconds),
            "model": .string(generation.model.name), "system_fingerprint": "fp_dummy",
        ]
    }

    private func reason(_ choice: DummyGeneration.Choice) -> JSONValue { choice.isCut ? "length" : "stop" }

    private func choice(_ index: Int, _ text: String, _ tokens: [String], _ reason: JSONValue) -> JSONValue {
        let columns = logprobs.map {
            DummyLogprobs.columns(of: tokens, top: $0, offset: echoes[index].count)
        }
        return [
            "index": .int(index), "text": .string(text), "logprobs": columns ?? .null,
            "finish_reason": reason,
        ]
    }
}
