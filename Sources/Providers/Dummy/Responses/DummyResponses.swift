import Domain

/// The dummy provider's `responses`: one message of one part, whole or as the typed events that build it up.
struct DummyResponses {
    private let generation: DummyGeneration

    private enum Status: String { case inProgress = "in_progress", completed, incomplete }

    init(body: JSONValue, now: Timestamp) throws(APIError) {
        generation = try DummyGeneration(body: body, prompt: body["input"], now: now)
    }

    private var finalStatus: Status { generation.isCut ? .incomplete : .completed }
    private var messageID: String { DummyProvider.id("msg_", generation.now) }

    var answer: DummyAnswer {
        if generation.isStream { return DummyAnswer(events: events, delay: generation.model.delay) }
        return DummyAnswer(delay: generation.model.delay) { writeResponse(to: &$0, finalStatus) }
    }

    private func writeResponse(to json: inout JSONWriter, _ status: Status) {
        json.member("id", DummyProvider.id("resp_", generation.now))
        json.member("object", "response")
        json.member("created_at", Int(generation.now.milliseconds / 1000))
        json.member("status", status.rawValue)
        json.member("background", false)
        json.null("error")
        if status == .incomplete {
            json.object("incomplete_details") { $0.member("reason", "max_output_tokens") }
        } else {
            json.null("incomplete_details")
        }
        json.null("instructions")
        json.null("max_output_tokens")
        json.member("model", generation.model.name)
        json.array("output") { output in
            if status != .inProgress { output.object { writeMessage(to: &$0, status) } }
        }
        json.member("parallel_tool_calls", true)
        json.null("previous_response_id")
        json.object("reasoning") {
            $0.null("effort")
            $0.null("summary")
        }
        json.member("service_tier", "default")
        json.member("store", false)
        json.member("temperature", 1)
        json.object("text") { $0.object("format") { $0.member("type", "text") } }
        json.member("tool_choice", "auto")
        json.array("tools") { _ in }
        json.member("top_p", 1)
        json.member("truncation", "disabled")
        if status == .inProgress { json.null("usage") } else { writeUsage(to: &json) }
        json.null("user")
        json.object("metadata") { _ in }
    }

    private func writeUsage(to json: inout JSONWriter) {
        json.object("usage") {
            $0.member("input_tokens", generation.promptWords)
            $0.object("input_tokens_details") { $0.member("cached_tokens", 0) }
            $0.member("output_tokens", generation.words.count)
            $0.object("output_tokens_details") { $0.member("reasoning_tokens", 0) }
            $0.member("total_tokens", generation.promptWords + generation.words.count)
        }
    }

    private func writeMessage(to json: inout JSONWriter, _ status: Status) {
        json.member("id", messageID)
        json.member("type", "message")
        json.member("status", status.rawValue)
        json.member("role", "assistant")
        json.array("content") { content in
            if status != .inProgress { content.object { writePart(to: &$0, generation.text) } }
        }
    }

    private func writePart(to json: inout JSONWriter, _ text: String) {
        json.member("type", "output_text")
        json.array("annotations") { _ in }
        json.array("logprobs") { _ in }
        json.member("text", text)
    }

    // MARK: - Stream

    private var events: [[UInt8]] {
        var events: [[UInt8]] = []
        func append(_ type: String, _ members: (inout JSONWriter) -> Void) {
            var json = JSONWriter()
            json.object {
                $0.member("type", type)
                $0.member("sequence_number", events.count)
                members(&$0)
            }
            events.append(Array("event: \(type)\ndata: ".utf8) + json.bytes + Array("\n\n".utf8))
        }
        func writePlace(_ json: inout JSONWriter) {
            json.member("item_id", messageID)
            json.member("output_index", 0)
            json.member("content_index", 0)
        }
        for type in ["response.created", "response.in_progress"] {
            append(type) { $0.object("response") { writeResponse(to: &$0, .inProgress) } }
        }
        append("response.output_item.added") {
            $0.member("output_index", 0)
            $0.object("item") { writeMessage(to: &$0, .inProgress) }
        }
        append("response.content_part.added") {
            writePlace(&$0)
            $0.object("part") { writePart(to: &$0, "") }
        }
        for word in generation.words {
            append("response.output_text.delta") {
                writePlace(&$0)
                $0.member("delta", word)
                $0.array("logprobs") { _ in }
            }
        }
        append("response.output_text.done") {
            writePlace(&$0)
            $0.member("text", generation.text)
            $0.array("logprobs") { _ in }
        }
        append("response.content_part.done") {
            writePlace(&$0)
            $0.object("part") { writePart(to: &$0, generation.text) }
        }
        append("response.output_item.done") {
            $0.member("output_index", 0)
            $0.object("item") { writeMessage(to: &$0, finalStatus) }
        }
        append("response.\(finalStatus.rawValue)") {
            $0.object("response") { writeResponse(to: &$0, finalStatus) }
        }
        return events
    }
}
