import Domain

/// The typed events that build a response up, from the response as it is at the end: the same when it is made
/// and when it is retrieved as a stream.
struct DummyResponseEvents {
    private(set) var events: [[UInt8]] = []

    /// `response`: ended, as `completed` or `incomplete`.
    init(_ response: JSONValue) {
        let begun = response.setting([
            .init("status", "in_progress"), .init("output", []), .init("usage", .null),
            .init("completed_at", .null), .init("incomplete_details", .null),
        ])
        for type in ["response.created", "response.in_progress"] { append(type, ["response": begun]) }
        for (index, item) in (response["output"]?.elements ?? []).enumerated() {
            switch item["type"]?.string {
            case "message": appendMessage(item, at: index)
            case "custom_tool_call": appendCall(item, "input", "response.custom_tool_call_input", at: index)
            default: appendCall(item, "arguments", "response.function_call_arguments", at: index)
            }
        }
        append("response.\(response["status"]?.string ?? "completed")", ["response": response])
    }

    private mutating func append(_ type: String, _ members: JSONValue) {
        let event: JSONValue = ["type": .string(type), "sequence_number": .int(events.count)]
        events.append(DummyAnswer.event(event.setting(members.members ?? []), named: type))
    }

    private mutating func appendMessage(_ item: JSONValue, at index: Int) {
        let begun = item.setting([.init("status", "in_progress"), .init("content", [])])
        append("response.output_item.added", ["output_index": .int(index), "item": begun])
        for (place, part) in (item["content"]?.elements ?? []).enumerated() {
            let at: JSONValue = [
                "item_id": item["id"] ?? .null, "output_index": .int(index), "content_index": .int(place),
            ]
            let empty = part.setting([.init("text", ""), .init("logprobs", [])])
            append("response.content_part.added", at.setting("part", empty))
            let text = part["text"]?.string ?? ""
            let logprobs = part["logprobs"]?.elements ?? []
            for (number, token) in DummyText.tokens(of: text).enumerated() {
                let likely = number < logprobs.count ? [logprobs[number]] : []
                append(
                    "response.output_text.delta",
                    at.setting([.init("delta", .string(token)), .init("logprobs", .array(likely))]))
            }
            append(
                "response.output_text.done",
                at.setting([.init("text", .string(text)), .init("logprobs", .array(logprobs))]))
            append("response.content_part.done", at.setting("part", part))
        }
        append("response.output_item.done", ["output_index": .int(index), "item": item])
    }

    /// `key`: of what the call carries. `type`: of the events that carry it.
    private mutating func appendCall(_ item: JSONValue, _ key: String, _ type: String, at index: Int) {
        let begun = item.setting([.init("status", "in_progress"), .init(key, "")])
        append("response.output_item.added", ["output_index": .int(index), "item": begun])
        let at: JSONValue = ["item_id": item["id"] ?? .null, "output_index": .int(index)]
        let text = item[key]?.string ?? ""
        for token in DummyText.tokens(of: text) {
            append(type + ".delta", at.setting("delta", .string(token)))
        }
        append(
            type + ".done", at.setting([.init(key, .string(text)), .init("name", item["name"] ?? .null)]))
        append("response.output_item.done", ["output_index": .int(index), "item": item])
    }
}
