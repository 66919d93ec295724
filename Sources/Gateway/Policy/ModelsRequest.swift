import Domain

/// What a request on `/v1/models` is about: a model grant decides on it as on a request to the model.
enum ModelsRequest: Hashable, Sendable {
    case list
    /// The id, decoded.
    case model([UInt8])

    /// `target` is the one that the endpoint was made from: that of the list of models, or of one of them.
    init(_ endpoint: Endpoint, in target: UnsafeRawBufferPointer) {
        let below = target[endpoint.path].dropFirst().drop { $0 != 0x2F }.dropFirst()
        let id = below.last == 0x2F ? below.dropLast() : below
        self = id.isEmpty ? .list : .model(Self.decoded(id))
    }

    /// ``PathPolicy`` has seen to it that every `%` begins an escape.
    private static func decoded(_ text: Slice<UnsafeRawBufferPointer>) -> [UInt8] {
        var bytes: [UInt8] = []
        var rest = text
        while let byte = rest.popFirst() {
            if byte == 0x25, let high = rest.popFirst().flatMap(JSONText.hexDigit),
                let low = rest.popFirst().flatMap(JSONText.hexDigit)
            {
                bytes.append(high << 4 | low)
            } else {
                bytes.append(byte)
            }
        }
        return bytes
    }
}

extension Endpoint {
    /// nil for all but a request on `/v1/models`. `target` is the one that this was made from.
    func modelsRequest(in target: UnsafeRawBufferPointer) -> ModelsRequest? {
        guard kind == .models || kind == .modelDeletion else { return nil }
        return ModelsRequest(self, in: target)
    }
}
