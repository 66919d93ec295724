/// Where a scanner stands in its text, and what the value in front of it is for.
extension UsageScanner {
    /// The object on the path whose keys are being read.
    enum Node: UInt8 {
        case outside, root, response, usage, inputDetails, outputDetails, groq, toolUsage
        /// Not read itself: the `usage` in it is.
        case choice
    }

    /// What the value behind a key is for.
    enum Role: UInt8 {
        case none, key
        case model, objectID, threadID, status, type, object, tier
        case error, choices, delta, response, usage, inputDetails, outputDetails
        /// A part of the answer that is output: a list of items.
        case output
        case groq, toolUsage, imageUsage
        /// Of an event: what the chunk that ends a stream has no use for.
        case extra
        /// `prompt_tokens` and `input_tokens`.
        case prompt, input
        case completion, total, seconds, cached, cacheWrite, missed, audio, image, reasoning
        /// The same by Anthropic's names.
        case cacheRead, cacheCreation
        case background

        /// Its value is a string that is read.
        var isText: Bool { rawValue >= Role.key.rawValue && rawValue <= Role.tier.rawValue }
        /// Its value is a number or a literal that is read.
        var isScalar: Bool { rawValue >= Role.prompt.rawValue }
        /// Its value is to be a number.
        var isCount: Bool { isScalar && self != .background }
    }

    enum Mode: UInt8 {
        /// In front of the text.
        case start
        /// On the path: in front of a key, a colon, a value; behind a value.
        case key, colon, value, rest
        /// Inside a string that is passed over, or collected; inside a number that is collected.
        case string, text, count
        /// Behind the bracket of `choices`: empty or not.
        case choices
        /// Inside a value off the path, outside and inside of its strings.
        case skip, skipString
        /// Inside what may be `[DONE]`.
        case marker
        /// Behind the text; and where it is none.
        case closed, ignored
    }

    enum Choices: UInt8 { case absent, empty, filled }
}
