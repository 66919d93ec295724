import Domain

/// `chat/completions`: made whole or as a stream, and kept on request (`store`).
struct DummyChat {
    static let routes = [
        DummyRoute("POST", "chat/completions") { call throws(APIError) in try DummyChat(call).make() },
        DummyRoute("GET", "chat/completions") { call throws(APIError) in
            let model = call.target["model"]
            let kept = call.store.objects(.chatCompletion).map(\.value)
            return try call.page(kept.filter { model == nil || $0["model"]?.string == model }, order: "asc")
        },
        DummyRoute("GET", "chat/completions/{}") { call throws(APIError) in
            DummyAnswer(try call.store.object(.chatCompletion, call.id).value)
        },
        DummyRoute("POST", "chat/completions/{}") { call throws(APIError) in
            var object = try call.store.object(.chatCompletion, call.id)
            object.value = object.value.setting("metadata", call.metadata(try call.json()))
            try call.store.put(object)
            return DummyAnswer(object.value)
        },
        DummyRoute("DELETE", "chat/completions/{}") { call throws(APIError) in
            try call.remove(.chatCompletion, call.id, object: "chat.completion.deleted")
        },
        DummyRoute("GET", "chat/completions/{}/messages") { call throws(APIError) in
            try call.page(try call.store.object(.chatCompletion, call.id).hidden.elements ?? [], order: "asc")
        },
    ]

    private let call: DummyCall
    private let body: JSONValue
    private let messages: [JSONValue]
    private let generation: DummyGeneration
    private let id: String
    private let includesUsage: Bool
    /// Candidates for each token; nil if none are asked for.
    private let logprobs: Int?
    /// Functions are called the way they were before there were tools.
    private let isLegacy: Bool

    private init(_ call: DummyCall) throws(APIError) {
        let body = try call.json()
        let model = try call.model(of: body)
        guard let prompt = body["messages"], let messages = prompt.elements, !messages.isEmpty else {
            throw .missing("messages")
        }
        let role = messages.last?["role"]?.string
        generation = try DummyGeneration(
            .chat, of: body, by: model, prompt: prompt,
            message: messages.last { $0["role"] == "user" }.map(DummyText.text) ?? "",
            followsResult: role == "tool" || role == "function")
        self.call = call
        self.body = body
        self.messages = messages
        id = call.newID("chatcmpl-")
        includesUsage = body["stream_options"]?["include_usage"]?.bool ?? false
        logprobs = body["logprobs"]?.bool == true ? min(max(body["top_logprobs"]?.integer ?? 0, 0), 20) : nil
        isLegacy = body["functions"] != nil && body["tools"] == nil
    }

    private func make() throws(APIError) -> DummyAnswer {
        if body["stream"]?.bool ?? false { return DummyAnswer(events: events, delay: generation.model.delay) }
        var whole = envelope("chat.completion").setting([
            .init("choices", .array(generation.choices.enumerated().map(choice))),
            .init("usage", generation.usage),
        ])
        if body["store"]?.bool ?? false {
            whole = whole.setting("metadata", call.metadata(body))
            let listed = messages.enumerated().map { $1.setting("id", .string("\(id)-\($0)")) }
            try call.store.put(
                DummyObject(.chatCompletion, id, whole, content: JSONValue.array(listed).encoded))
        }
        return DummyAnswer(delay: generation.model.delay, whole)
    }

    private func envelope(_ object: String) -> JSONValue {
        [
            "id": .string(id), "object": .string(object), "created": .int(call.seconds),
            "model": .string(generation.model.name), "service_tier": "default",
            "system_fingerprint": "fp_dummy",
        ]
    }

    private func finishReason(_ choice: DummyGeneration.Choice) -> JSONValue {
        if choice.isCut { return "length" }
        return choice.calls.isEmpty ? "stop" : isLegacy ? "function_call" : "tool_calls"
    }

    private func logprobs(of tokens: [String]?) -> JSONValue {
        guard let logprobs, let tokens else { return .null }
        return ["content": DummyLogprobs.list(of: tokens, top: logprobs), "refusal": .null]
    }

    private func choice(_ index: Int, _ choice: DummyGeneration.Choice) -> JSONValue {
        var message: JSONValue = [
            "role": "assistant", "content": .text(choice.text), "refusal": .null, "annotations": [],
        ]
        let calls = choice.calls.enumerated().map { place, made in
            tool(made.call, choice: index, place: place, text: made.tokens.joined())
        }
        if !calls.isEmpty {
            message = message.setting(
                isLegacy ? "function_call" : "tool_calls",
                isLegacy ? calls[0]["function"] ?? .null : .array(calls))
        }
        return [
            "index": .int(index), "message": message, "logprobs": logprobs(of: choice.tokens),
            "finish_reason": finishReason(choice),
        ]
    }

    private func tool(_ made: DummyTools.Call, choice: Int, place: Int, text: String) -> JSONValue {
        let id = call.newID("call_", choice * 256 + place + 1)
        if made.isCustom {
            return [
                "id": .string(id), "type": "custom",
                "custom": ["name": .string(made.name), "input": .string(text)],
            ]
        }
        return [
            "id": .string(id), "type": "function",
            "function": ["name": .string(made.name), "arguments": .string(text)],
        ]
    }

    // MARK: - Stream

    private var events: [[UInt8]] {
        var events: [[UInt8]] = []
        for (index, choice) in generation.choices.enumerated() {
            events.append(
                chunk(
                    index,
                    ["role": "assistant", "content": choice.tokens == nil ? .null : "", "refusal": .null]))
            for token in choice.tokens ?? [] {
                events.append(chunk(index, ["content": .string(token)], logprobs: logprobs(of: [token])))
            }
            for (place, made) in choice.calls.enumerated() {
                events += deltas(of: made.call, tokens: made.tokens, choice: index, place: place)
            }
            events.append(chunk(index, [:], finishReason: finishReason(choice)))
        }
        if includesUsage { events.append(event(choices: [], usage: generation.usage)) }
        events.append(DummyAnswer.done)
        return events
    }

    private func deltas(of made: DummyTools.Call, tokens: [String], choice: Int, place: Int) -> [[UInt8]] {
        let (type, key) = made.isCustom ? ("custom", "input") : ("function", "arguments")
        func chunk(_ delta: JSONValue) -> [UInt8] {
            if isLegacy { return self.chunk(choice, ["function_call": delta[type] ?? .null]) }
            let begun: JSONValue = ["index": .int(place)]
            return self.chunk(choice, ["tool_calls": [begun.setting(delta.members ?? [])]])
        }
        return [chunk(tool(made, choice: choice, place: place, text: ""))]
            + tokens.map { token in
                chunk(.object([.init(type, .object([.init(key, .string(token))]))]))
            }
    }

    private func chunk(
        _ index: Int, _ delta: JSONValue, logprobs: JSONValue = .null, finishReason: JSONValue = .null
    ) -> [UInt8] {
        event(
            choices: [
                [
                    "index": .int(index), "delta": delta, "logprobs": logprobs, "finish_reason": finishReason,
                ]
            ], usage: .null)
    }

    /// OpenAI's chunks name their usage only if the last one has it.
    private func event(choices: JSONValue, usage: JSONValue) -> [UInt8] {
        let event = envelope("chat.completion.chunk").setting("choices", choices)
        return DummyAnswer.event(includesUsage ? event.setting("usage", usage) : event)
    }
}
