import Domain

/// The items of a response's input, or of a conversation, as they are kept: each with an id, and a message's
/// content in parts.
enum DummyItems {
    /// `input`: a text, or a list of items.
    static func normalised(_ input: JSONValue, in call: DummyCall) throws(APIError) -> [JSONValue] {
        switch input {
        case .string: return [message(["role": "user", "content": input], call.newID("msg_", 1))]
        case .array(let items):
            var kept: [JSONValue] = []
            for (index, item) in items.enumerated() {
                guard case .object = item else { throw .missing("input[\(index)]") }
                kept.append(normalised(item, call, index + 1))
            }
            return kept
        default: throw .missing("input")
        }
    }

    private static let prefixes = [
        "function_call": "fc_", "function_call_output": "fc_", "custom_tool_call": "ctc_",
        "custom_tool_call_output": "ctc_", "reasoning": "rs_", "compaction": "cmp_",
    ]

    private static func normalised(_ item: JSONValue, _ call: DummyCall, _ index: Int) -> JSONValue {
        let type = item["type"]?.string ?? "message"
        guard type != "message" else { return message(item, call.newID("msg_", index)) }
        var kept = item
        if item["id"]?.string == nil {
            kept = kept.setting("id", .string(call.newID(prefixes[type] ?? "item_", index)))
        }
        if item["status"]?.string == nil, type.hasSuffix("_call") || type.hasSuffix("_output") {
            kept = kept.setting("status", "completed")
        }
        return kept
    }

    private static func message(_ item: JSONValue, _ id: String) -> JSONValue {
        let role = item["role"]?.string ?? "user"
        var content = item["content"] ?? []
        if let text = content.string {
            content =
                role == "assistant"
                ? [["type": "output_text", "text": .string(text), "annotations": []]]
                : [["type": "input_text", "text": .string(text)]]
        }
        return [
            "id": .string(item["id"]?.string ?? id), "type": "message",
            "status": .string(item["status"]?.string ?? "completed"), "role": .string(role),
            "content": content,
        ]
    }

    /// What the user said last.
    static func lastMessage(of items: [JSONValue]) -> String {
        items.last { $0["type"] == "message" && $0["role"] == "user" }.map(DummyText.text) ?? ""
    }

    /// The last item is what a tool returned.
    static func endWithResult(_ items: [JSONValue]) -> Bool {
        items.last?["type"]?.string?.hasSuffix("_output") ?? false
    }
}
