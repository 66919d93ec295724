/// What is known of each key that a body is read for: its place in a set, what is looked for inside its
/// value, and whether it counts however it is spelt.
extension BodyPeek.Key {
    var bit: UInt32 {
        switch self {
        case .model: 1 << 0
        case .stream: 1 << 1
        case .n: 1 << 2
        case .prompt: 1 << 3
        case .conversation: 1 << 4
        case .tools: 1 << 5
        case .modalities: 1 << 6
        case .audio: 1 << 7
        case .input: 1 << 8
        case .messages: 1 << 9
        case .prediction: 1 << 10
        case .background: 1 << 11
        case .maxTokens: 1 << 12
        case .maxCompletionTokens: 1 << 13
        case .maxOutputTokens: 1 << 14
        case .bestOf: 1 << 15
        case .streamOptions: 1 << 16
        case .serviceTier: 1 << 17
        case .previousResponse: 1 << 18
        case .webSearch: 1 << 19
        case .cacheOptions: 1 << 20
        case .models: 1 << 21
        case .fallbacks: 1 << 22
        }
    }

    var watch: JSONScanner.Watch {
        switch self {
        case .messages, .input: .content
        case .tools: .tools
        default: .nothing
        }
    }

    /// Those that no number bounds: in a folded spelling they may be read by somebody and not by us.
    var opensEndsInAnySpelling: Bool {
        switch self {
        case .n, .bestOf, .maxTokens, .maxCompletionTokens, .maxOutputTokens, .serviceTier, .cacheOptions,
            .prompt, .conversation, .previousResponse, .background, .webSearch, .audio, .modalities,
            .prediction:
            true
        case .model, .models, .fallbacks, .stream, .streamOptions, .tools, .messages, .input: false
        }
    }
}

extension BodyPeek {
    /// How many prompts an array holds: its texts and arrays of tokens, or one where it holds tokens itself.
    static func promptCount(_ array: UnsafeRawBufferPointer) -> Int {
        var (count, depth, index) = (0, 0, 0)
        while index < array.count {
            switch array[index] {
            case 0x22:
                if depth == 1 { count += 1 }
                index += 1
                while index < array.count, array[index] != 0x22 { index += array[index] == 0x5C ? 2 : 1 }
            case 0x5B, 0x7B:
                if depth == 1 { count += 1 }
                depth += 1
            case 0x5D, 0x7D: depth -= 1
            default: break
            }
            index += 1
        }
        return max(1, count)
    }
}
