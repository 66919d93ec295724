import Domain

/// The tools that a request offers, and which of them are called.
///
/// - `tool_choice` `required`, or one that names a tool: always called.
/// - `auto`: unless the last thing said is a tool's result, so that a loop of calls ends.
/// - Which: the tools whose names the user's last message mentions, else the first one; with
///   `parallel_tool_calls: false` a single one.
///
/// The arguments are an instance of the tool's schema (``DummySchema``).
struct DummyTools {
    struct Tool: Sendable {
        let name: String
        /// Takes a text, not JSON.
        let isCustom: Bool
        let parameters: JSONValue
        let isStrict: Bool
    }

    struct Call: Sendable {
        let name: String
        let isCustom: Bool
        /// The arguments, or a custom tool's input.
        let text: String
    }

    private enum Choice { case none, auto, required, named(String) }

    private let tools: [Tool]
    private let choice: Choice
    private let isParallel: Bool
    /// Nested, as in chat completions: `{"type":"function","function":{…}}`; flat in responses.
    private let isNested: Bool

    init(_ body: JSONValue, isNested: Bool) throws(APIError) {
        self.isNested = isNested
        func offered(_ tool: JSONValue, as type: String) -> Tool? {
            let inner = isNested ? tool[type] : tool
            guard tool["type"]?.string == type, let inner, let name = inner["name"]?.string else {
                return nil
            }
            return Tool(
                name: name, isCustom: type == "custom", parameters: inner["parameters"] ?? .object([]),
                isStrict: inner["strict"]?.bool ?? false)
        }
        let functions = (body["functions"]?.elements ?? []).map { function -> JSONValue in
            ["type": "function", "function": function]
        }
        var tools = ((body["tools"]?.elements ?? []) + functions).compactMap {
            offered($0, as: "function") ?? offered($0, as: "custom")
        }
        isParallel = body["parallel_tool_calls"]?.bool ?? true
        let given = body["tool_choice"] ?? body["function_call"] ?? .null
        switch given {
        case .null, .string("auto"): choice = .auto
        case .string("none"): choice = .none
        case .string("required"): choice = .required
        default:
            if let allowed = isNested ? given["allowed_tools"] : given, let list = allowed["tools"]?.elements
            {
                let names = list.compactMap { offered($0, as: "function") ?? offered($0, as: "custom") }.map(
                    \.name)
                tools = tools.filter { names.contains($0.name) }
                choice = allowed["mode"] == "required" ? .required : .auto
            } else if let name = Self.name(in: given) {
                guard tools.contains(where: { $0.name == name }) else {
                    throw .invalid(
                        "tool_choice names '\(name)', which is none of the tools.", param: "tool_choice")
                }
                choice = .named(name)
            } else {
                // One of the tools that OpenAI runs itself.
                choice = .none
            }
        }
        self.tools = tools
    }

    private static func name(in choice: JSONValue) -> String? {
        choice["function"]?["name"]?.string ?? choice["custom"]?["name"]?.string ?? choice["name"]?.string
    }

    /// `message`: the user's last one. `followsResult`: the last thing said is what a tool returned.
    func calls(after message: String, followsResult: Bool) throws(APIError) -> [Call] {
        let called: [Tool]
        switch choice {
        case .none: return []
        case .named(let name): called = tools.filter { $0.name == name }
        case .auto where followsResult: return []
        case .auto, .required:
            let names = DummyText.names(in: message)
            let mentioned = tools.filter { names.contains($0.name) }
            called =
                mentioned.isEmpty
                ? Array(tools.prefix(1)) : isParallel ? mentioned : Array(mentioned.prefix(1))
        }
        var calls: [Call] = []
        for tool in called {
            calls.append(Call(name: tool.name, isCustom: tool.isCustom, text: try Self.text(for: tool)))
        }
        return calls
    }

    private static func text(for tool: Tool) throws(APIError) -> String {
        if tool.isCustom { return DummyText.answer(3) }
        let instance: JSONValue
        do throws(DummySchema.Impossible) {
            instance = try DummySchema.instance(of: tool.parameters.asObject, isStrict: tool.isStrict)
        } catch {
            throw .invalid(
                "Invalid schema for function '\(tool.name)': \(error.reason).", param: "tools",
                code: "invalid_function_parameters")
        }
        return String(decoding: instance.encoded, as: UTF8.self)
    }
}

extension JSONValue {
    /// A tool without parameters takes an empty object.
    fileprivate var asObject: JSONValue {
        if case .object(let members) = self, !members.isEmpty { return self }
        return ["type": "object", "properties": [:]]
    }
}
