import Domain

/// The form that a request wants the answer's text in: words, any JSON, or an instance of a schema.
enum DummyFormat {
    case text, json
    case schema(JSONValue, name: String, isStrict: Bool)

    /// `format`: `response_format` of chat completions, `text.format` of responses. `parameter`: its name.
    init(_ format: JSONValue?, parameter: String) throws(APIError) {
        switch format?["type"]?.string {
        case nil, "text": self = .text
        case "json_object": self = .json
        case "json_schema":
            let inner = format?["json_schema"] ?? format
            guard let schema = inner?["schema"], case .object = schema else {
                throw .missing("\(parameter).schema")
            }
            self = .schema(
                schema, name: inner?["name"]?.string ?? "", isStrict: inner?["strict"]?.bool ?? false)
        case let type?: throw .invalid("Unknown format type '\(type)'.", param: parameter)
        }
    }

    /// An answer of so many words, or JSON of whatever length it takes.
    func answer(words: Int) throws(APIError) -> String {
        switch self {
        case .text: return DummyText.answer(words)
        case .json:
            let document: JSONValue = ["answer": .string(DummyText.answer(words))]
            return String(decoding: document.encoded, as: UTF8.self)
        case .schema(let schema, let name, let isStrict):
            do throws(DummySchema.Impossible) {
                let instance = try DummySchema.instance(of: schema, isStrict: isStrict)
                return String(decoding: instance.encoded, as: UTF8.self)
            } catch {
                throw .invalid(
                    "Invalid schema for response_format '\(name)': \(error.reason).", param: "response_format"
                )
            }
        }
    }
}
