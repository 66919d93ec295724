import Domain

/// `responses`: a message or the calls of tools, whole or as typed events; kept, unless `store` is false, and
/// continued by `previous_response_id` or a conversation.
///
/// One in the background is `queued` at first, and completed when its model's delay has passed.
struct DummyResponses {
    static let routes = [
        DummyRoute("POST", "responses") { call throws(APIError) in try DummyResponses(call).make() },
        DummyRoute("POST", "responses/input_tokens") { call throws(APIError) in
            let body = try call.json()
            let count = DummyText.count(body["input"]) + DummyText.count(body["instructions"])
            return DummyAnswer(["object": "response.input_tokens", "input_tokens": .int(count)])
        },
        DummyRoute("POST", "responses/compact", compact),
        DummyRoute("GET", "responses/{}", retrieve),
        DummyRoute("DELETE", "responses/{}") { call throws(APIError) in
            try call.remove(.response, call.id, object: "response")
        },
        DummyRoute("POST", "responses/{}/cancel", cancel),
        DummyRoute("GET", "responses/{}/input_items") { call throws(APIError) in
            try call.page(try call.store.object(.response, call.id).hidden.elements ?? [])
        },
    ]

    private let call: DummyCall
    private let body: JSONValue
    private let model: DummyModel
    private let input: [JSONValue]
    private let conversation: DummyObject?
    private let generation: DummyGeneration
    private let isBackground: Bool

    private init(_ call: DummyCall) throws(APIError) {
        let body = try call.json()
        let model = try call.model(of: body)
        let input = try DummyItems.normalised(body["input"] ?? [], in: call)
        var context = 0
        if let id = body["previous_response_id"]?.string {
            guard body["conversation"]?.members == nil, body["conversation"]?.string == nil else {
                throw .invalid(
                    "Mutually exclusive parameters: 'previous_response_id' and 'conversation'.",
                    param: "previous_response_id")
            }
            context += try Self.tokens(ofPrevious: id, in: call)
        }
        conversation = try Self.conversation(of: body, in: call)
        if let conversation { context += DummyText.count(conversation.hidden) }
        var generation = try DummyGeneration(
            .response, of: body, by: model, prompt: .array(input), message: DummyItems.lastMessage(of: input),
            followsResult: DummyItems.endWithResult(input))
        generation.promptTokens += context + DummyText.count(body["instructions"])
        self.call = call
        self.body = body
        self.model = model
        self.input = input
        self.generation = generation
        isBackground = body["background"]?.bool ?? false
    }

    private static func tokens(ofPrevious id: String, in call: DummyCall) throws(APIError) -> Int {
        guard let previous = try? call.store.object(.response, id) else {
            throw .invalid(
                "Previous response with id '\(id)' not found.", param: "previous_response_id",
                code: "previous_response_not_found")
        }
        return previous.value["usage"]?["total_tokens"]?.integer ?? 0
    }

    private static func conversation(of body: JSONValue, in call: DummyCall) throws(APIError) -> DummyObject?
    {
        let given = body["conversation"]
        guard let id = given?.string ?? given?["id"]?.string else { return nil }
        return try call.store.object(.conversation, id)
    }

    // MARK: - Making

    private func make() throws(APIError) -> DummyAnswer {
        let whole = try response
        let isStream = body["stream"]?.bool ?? false
        var object = DummyObject(
            .response, call.newID("resp_"), whole, content: JSONValue.array(input).encoded)
        var shown = whole
        if isBackground, !isStream {
            shown = whole.setting([
                .init("status", "queued"), .init("output", []), .init("usage", .null),
                .init("completed_at", .null), .init("incomplete_details", .null),
            ])
            object.value = shown
            object.become(whole, at: call.now.adding(milliseconds: Int64(model.delay)))
        }
        if body["store"]?.bool ?? true || isBackground { try call.store.put(object) }
        if var conversation {
            let items = (conversation.hidden.elements ?? []) + input + (whole["output"]?.elements ?? [])
            conversation.content = JSONValue.array(items).encoded
            try call.store.put(conversation)
        }
        if isStream { return DummyAnswer(events: DummyResponseEvents(whole).events, delay: model.delay) }
        return DummyAnswer(delay: isBackground ? 0 : model.delay, shown)
    }

    /// As it is at the end.
    private var response: JSONValue {
        get throws(APIError) {
            let choice = generation.choices[0]
            let status: JSONValue = choice.isCut ? "incomplete" : "completed"
            return [
                "id": .string(call.newID("resp_")), "object": "response", "created_at": .int(call.seconds),
                "status": status, "background": .bool(isBackground), "error": .null,
                "completed_at": choice.isCut ? .null : .int(call.seconds),
                "incomplete_details": choice.isCut ? ["reason": "max_output_tokens"] : .null,
                "instructions": body["instructions"] ?? .null,
                "max_output_tokens": body["max_output_tokens"] ?? .null,
                "max_tool_calls": body["max_tool_calls"] ?? .null, "model": .string(model.name),
                "output": .array(output(choice, status)),
                "parallel_tool_calls": body["parallel_tool_calls"] ?? true,
                "previous_response_id": body["previous_response_id"] ?? .null,
                "conversation": conversation.map { ["id": .string($0.id)] } ?? .null,
                "reasoning": ["effort": body["reasoning"]?["effort"] ?? .null, "summary": .null],
                "service_tier": "default", "store": body["store"] ?? true,
                "temperature": body["temperature"] ?? 1,
                "text": ["format": body["text"]?["format"] ?? ["type": "text"]],
                "tool_choice": body["tool_choice"] ?? "auto", "tools": .array(tools),
                "top_logprobs": body["top_logprobs"] ?? 0, "top_p": body["top_p"] ?? 1,
                "truncation": body["truncation"] ?? "disabled", "usage": generation.responseUsage,
                "user": body["user"] ?? .null, "metadata": call.metadata(body),
            ]
        }
    }

    /// As they are shown: with what a function may leave out.
    private var tools: [JSONValue] {
        (body["tools"]?.elements ?? []).map { tool in
            guard tool["type"] == "function" else { return tool }
            let whole: JSONValue = [
                "type": "function", "name": "", "parameters": .null, "strict": true, "description": .null,
            ]
            return whole.setting(tool.members ?? [])
        }
    }

    private func output(_ choice: DummyGeneration.Choice, _ status: JSONValue) -> [JSONValue] {
        if let tokens = choice.tokens {
            let includes = body["include"]?.elements?.contains("message.output_text.logprobs") ?? false
            let top = min(max(body["top_logprobs"]?.integer ?? 0, 0), 20)
            let part: JSONValue = [
                "type": "output_text", "annotations": [],
                "logprobs": includes ? DummyLogprobs.list(of: tokens, top: top) : [],
                "text": .string(tokens.joined()),
            ]
            return [
                [
                    "id": .string(call.newID("msg_")), "type": "message", "status": status,
                    "role": "assistant", "content": [part],
                ]
            ]
        }
        return choice.calls.enumerated().map { index, made in
            let text = JSONValue.string(made.tokens.joined())
            let item: JSONValue = [
                "id": .string(call.newID(made.call.isCustom ? "ctc_" : "fc_", index + 1)),
                "type": made.call.isCustom ? "custom_tool_call" : "function_call", "status": status,
                "call_id": .string(call.newID("call_", index + 1)), "name": .string(made.call.name),
            ]
            return item.setting(made.call.isCustom ? "input" : "arguments", text)
        }
    }

    // MARK: - Afterwards

    @Sendable private static func retrieve(_ call: DummyCall) throws(APIError) -> DummyAnswer {
        let response = try call.store.object(.response, call.id).value
        guard call.target["stream"] == "true" else { return DummyAnswer(response) }
        let model = DummyModel(response["model"]?.string ?? "")
        let events = DummyResponseEvents(response).events
        let first = (call.target["starting_after"].flatMap { Int($0) } ?? -1) + 1
        return DummyAnswer(events: Array(events.dropFirst(max(0, first))), delay: model?.delay ?? 0)
    }

    @Sendable private static func cancel(_ call: DummyCall) throws(APIError) -> DummyAnswer {
        var object = try call.store.object(.response, call.id)
        guard object.value["background"] == true else {
            throw .invalid("Only responses in the background can be cancelled.", param: "id")
        }
        if object.later != nil {
            object.settle()
            object.value = object.value.setting("status", "cancelled")
            try call.store.put(object)
        }
        return DummyAnswer(object.value)
    }

    @Sendable private static func compact(_ call: DummyCall) throws(APIError) -> DummyAnswer {
        let body = try call.json()
        let model = try call.model(of: body)
        var tokens = DummyText.count(.array(try DummyItems.normalised(body["input"] ?? [], in: call)))
        if let id = body["previous_response_id"]?.string {
            tokens += try Self.tokens(ofPrevious: id, in: call)
        }
        return DummyAnswer(
            delay: model.delay,
            [
                "id": .string(call.newID("resp_")), "object": "response.compaction",
                "created_at": .int(call.seconds),
                "output": [
                    ["id": .string(call.newID("cmp_")), "type": "compaction", "encrypted_content": "dummy"]
                ],
                "usage": DummyGeneration.responseUsage(tokens, 1),
            ])
    }
}
