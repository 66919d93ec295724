import Domain

/// The dummy provider's `chat/completions` and `completions`: the same envelope around a message or a text.
struct DummyCompletions {
    enum Form { case chat, text }

    let form: Form
    let generation: DummyGeneration

    init(_ form: Form, body: JSONValue, now: Timestamp) throws(APIError) {
        let key = form == .chat ? "messages" : "prompt"
        guard let prompt = body[key], prompt.elements != nil || (form == .text && prompt.string != nil) else {
            throw DummyProvider.missing(key)
        }
        self.form = form
        generation = try DummyGeneration(body: body, prompt: prompt, now: now)
    }

    var answer: DummyAnswer {
        if generation.isStream { return DummyAnswer(events: events, delay: generation.model.delay) }
        return DummyAnswer(delay: generation.model.delay) { json in
            writeEnvelope(to: &json, object: form == .chat ? "chat.completion" : "text_completion")
            json.array("choices") {
                $0.object { choice in
                    choice.member("index", 0)
                    switch form {
                    case .chat:
                        choice.object("message") {
                            $0.member("role", "assistant")
                            $0.member("content", generation.text)
                            $0.null("refusal")
                            $0.array("annotations") { _ in }
                        }
                    case .text: choice.member("text", generation.text)
                    }
                    choice.null("logprobs")
                    choice.member("finish_reason", generation.finishReason)
                }
            }
            generation.writeUsage(to: &json)
        }
    }

    // MARK: - Stream

    private var events: [[UInt8]] {
        var events: [[UInt8]] = []
        if form == .chat { events.append(chunk(role: "assistant", "")) }
        events += generation.words.map { chunk($0) }
        events.append(chunk(nil, finishReason: generation.finishReason))
        if generation.includesUsage {
            events.append(
                event { json in
                    json.array("choices") { _ in }
                    generation.writeUsage(to: &json)
                })
        }
        events.append(Array("data: [DONE]\n\n".utf8))
        return events
    }

    private func chunk(role: String? = nil, _ text: String?, finishReason: String? = nil) -> [UInt8] {
        event { json in
            json.array("choices") {
                $0.object { choice in
                    choice.member("index", 0)
                    switch form {
                    case .chat:
                        choice.object("delta") {
                            if let role { $0.member("role", role) }
                            if let text { $0.member("content", text) }
                            if role != nil { $0.null("refusal") }
                        }
                    case .text: choice.member("text", text ?? "")
                    }
                    choice.null("logprobs")
                    choice.member("finish_reason", finishReason)
                }
            }
            // OpenAI's chunks name their usage only where the last one has it.
            if generation.includesUsage { json.null("usage") }
        }
    }

    private func event(_ members: (inout JSONWriter) -> Void) -> [UInt8] {
        var json = JSONWriter()
        json.object {
            writeEnvelope(to: &$0, object: form == .chat ? "chat.completion.chunk" : "text_completion")
            members(&$0)
        }
        return Array("data: ".utf8) + json.bytes + Array("\n\n".utf8)
    }

    private func writeEnvelope(to json: inout JSONWriter, object: String) {
        json.member("id", DummyProvider.id(form == .chat ? "chatcmpl-" : "cmpl-", generation.now))
        json.member("object", object)
        json.member("created", Int(generation.now.milliseconds / 1000))
        json.member("model", generation.model.name)
        if form == .chat { json.member("service_tier", "default") }
        json.member("system_fingerprint", "fp_dummy")
    }
}
