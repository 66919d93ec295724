import Domain

/// The dummy provider's `embeddings`: unit vectors along one axis, chosen by the text, so that equal texts
/// are near and different ones mostly are not.
struct DummyEmbeddings {
    static let ordinaryDimensions = 64
    static let dimensionLimit = 3072
    static let inputLimit = 2048

    private let model: DummyModel
    private let inputs: [JSONValue]
    private let dimensions: Int
    private let isBase64: Bool
    private let promptWords: Int

    init(body: JSONValue) throws(APIError) {
        let name = try DummyProvider.modelName(of: body)
        guard let model = DummyModel(name) else { throw DummyProvider.unknownModel(name) }
        switch body["input"] {
        case .string(let text): inputs = [.string(text)]
        // One input that is given in tokens.
        case .array(let elements) where elements.first?.integer != nil: inputs = [.array(elements)]
        case .array(let elements) where !elements.isEmpty && elements.count <= Self.inputLimit:
            inputs = elements
        default: throw DummyProvider.missing("input")
        }
        self.model = model
        dimensions = min(max(body["dimensions"]?.integer ?? Self.ordinaryDimensions, 1), Self.dimensionLimit)
        isBase64 = body["encoding_format"]?.string == "base64"
        promptWords = inputs.reduce(0) { $0 + DummyText.count($1) }
    }

    var answer: DummyAnswer {
        DummyAnswer(delay: model.delay) { json in
            json.member("object", "list")
            json.array("data") { data in
                for (index, input) in inputs.enumerated() {
                    data.object {
                        $0.member("object", "embedding")
                        $0.member("index", index)
                        writeVector(along: axis(of: input), to: &$0)
                    }
                }
            }
            json.member("model", model.name)
            json.object("usage") {
                $0.member("prompt_tokens", promptWords)
                $0.member("total_tokens", promptWords)
            }
        }
    }

    private func writeVector(along axis: Int, to json: inout JSONWriter) {
        guard isBase64 else {
            json.array("embedding") { for index in 0..<dimensions { $0.element(index == axis ? 1 : 0) } }
            return
        }
        // Little-endian binary32; 1.0 is 0x3F800000.
        var bytes = [UInt8](repeating: 0, count: dimensions * 4)
        bytes[axis * 4 + 2] = 0x80
        bytes[axis * 4 + 3] = 0x3F
        json.member("embedding", Base64.encode(bytes))
    }

    /// FNV-1a over the input's text: the same in every process, which `Hasher` is not.
    private func axis(of input: JSONValue) -> Int {
        let text =
            input.string ?? (input.elements ?? []).map { String($0.integer ?? 0) }.joined(separator: " ")
        let hash = text.utf8.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
        return Int(hash % UInt64(dimensions))
    }
}
