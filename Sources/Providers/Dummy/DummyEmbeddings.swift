import Domain

/// `embeddings`: unit vectors along one axis, chosen by the text, so that equal texts are near and different
/// ones mostly are not.
struct DummyEmbeddings {
    static let routes = [
        DummyRoute("POST", "embeddings") { call throws(APIError) in
            try DummyEmbeddings(call, body: try call.json()).answer
        }
    ]

    static let ordinaryDimensions = 64
    static let dimensionLimit = 3072
    static let inputLimit = 2048
    /// Of all vectors in one answer together.
    static let numberLimit = 1 << 20

    private let model: DummyModel
    private let inputs: [JSONValue]
    private let dimensions: Int
    private let isBase64: Bool
    private let promptTokens: Int

    private init(_ call: DummyCall, body: JSONValue) throws(APIError) {
        model = try call.model(of: body)
        switch body["input"] {
        case .string(let text): inputs = [.string(text)]
        // One input that is given in tokens.
        case .array(let elements) where elements.first?.integer != nil: inputs = [.array(elements)]
        case .array(let elements) where !elements.isEmpty && elements.count <= Self.inputLimit:
            inputs = elements
        default: throw .missing("input")
        }
        dimensions = body["dimensions"]?.integer ?? Self.ordinaryDimensions
        guard (1...Self.dimensionLimit).contains(dimensions) else {
            throw .invalid("dimensions must be from 1 to \(Self.dimensionLimit).", param: "dimensions")
        }
        guard inputs.count * dimensions <= Self.numberLimit else {
            throw .invalid(
                "The dummy provider makes at most \(Self.numberLimit) numbers in one answer: fewer inputs or "
                    + "dimensions, please.", param: "input")
        }
        isBase64 = body["encoding_format"]?.string == "base64"
        promptTokens = inputs.reduce(0) { $0 + DummyText.count($1) }
    }

    private var answer: DummyAnswer {
        DummyAnswer(
            delay: model.delay,
            [
                "object": "list",
                "data": .array(
                    inputs.enumerated().map { index, input in
                        [
                            "object": "embedding", "index": .int(index),
                            "embedding": vector(along: axis(of: input)),
                        ]
                    }), "model": .string(model.name),
                "usage": ["prompt_tokens": .int(promptTokens), "total_tokens": .int(promptTokens)],
            ])
    }

    private func vector(along axis: Int) -> JSONValue {
        guard isBase64 else { return .array((0..<dimensions).map { $0 == axis ? 1 : 0 }) }
        // Little-endian binary32; 1.0 is 0x3F800000.
        var bytes = [UInt8](repeating: 0, count: dimensions * 4)
        bytes[axis * 4 + 2] = 0x80
        bytes[axis * 4 + 3] = 0x3F
        return .string(Base64.encode(bytes))
    }

    /// FNV-1a over the input's text: the same in every process, which `Hasher` is not.
    private func axis(of input: JSONValue) -> Int {
        let text =
            input.string ?? (input.elements ?? []).map { String($0.integer ?? 0) }.joined(separator: " ")
        let hash = text.utf8.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
        return Int(hash % UInt64(dimensions))
    }
}
