package import Domain

/// The most that a request can use and cost, told from its bytes before it is dispatched: what its quotas
/// reserve.
///
/// **Prompt.** A byte-level tokenizer makes no token of less than a byte of text, and JSON spells no
/// character with fewer bytes than UTF-8: so a body has at least as many bytes as its texts have tokens.
/// What the model is told around them is smaller than the JSON around them: 3 tokens for each message, 1
/// for a name, 3 before the answer, at most 12 for a function and 3 for a property of it (OpenAI's
/// cookbook, "How to count tokens with tiktoken"), against 13 bytes or more of syntax each; ``allowance``
/// covers what stands there once.
///
/// **Completion.** What the request asks for at most, else the model's limit, else ``Defaults``; times its
/// choices. Reasoning counts within it. A `prediction` may be charged once more as output.
///
/// **Cost.** Every token at the dearest price that could apply to it.
///
/// Where ``openEnds`` is not empty, none of this binds the upstream: the same numbers are then a floor that
/// is reserved, with ``mediaFloor`` for each image, file or sound instead of its bytes, and the overshoot
/// is at most what was in flight.
package struct UsageBound: Hashable, Sendable {
    /// What holds where neither the request nor its model's price names a number.
    package struct Defaults: Hashable, Sendable {
        /// Completion tokens of one choice.
        package var completionLimit: Int64
        /// How fast an upstream generates one choice at most: what bounds an answer that was not told to its
        /// end.
        package var untoldTokensPerSecond: Int64

        package init(completionLimit: Int64 = 128_000, untoldTokensPerSecond: Int64 = 3000) {
            self.completionLimit = completionLimit
            self.untoldTokensPerSecond = untoldTokensPerSecond
        }
    }

    /// Prompt tokens that a request may have beyond its bytes: the frame around its tools and its answer.
    package static let allowance: Int64 = 64
    /// Prompt tokens that each image, file or sound is counted for, which is about a large picture.
    package static let mediaFloor: Int64 = 4096
    /// Tokens of the pictures that a streamed image may show of itself beforehand: three of a hundred.
    static let partialImages: Int64 = 300
    /// The most choices and images that OpenAI gives: for a number that cannot be read.
    static let mostChoices: Int64 = 128
    /// Bytes of a second of speech as it is mostly compressed, 32 kbit/s.
    static let audioBytesPerSecond: Int64 = 4000

    package private(set) var prompt: Int64 = 0
    package private(set) var completion: Int64 = 0
    /// Zero without a price: ``UnpricedRule`` decides before.
    package private(set) var cost = Money.zero
    package private(set) var openEnds: OpenEnds = []
    package private(set) var audioMilliseconds: Int64 = 0
    /// True where the answer tells no usage and shows none, so that this is also what is charged.
    package private(set) var isEstimate = false
    /// How many are generated side by side.
    package private(set) var choices: Int64 = 1
    /// Of ``completion``: a prediction, which may be charged whatever is generated.
    package private(set) var predicted: Int64 = 0
    /// The output is text, token after token.
    private var isText = false

    /// No request comes to more than this.
    package var isHard: Bool { openEnds.isEmpty }

    /// What is used within a time is bounded too: by ``completion(within:at:)`` and the prompt.
    package var growsWithTime: Bool { isText && isHard }

    /// The most completion tokens that `nanoseconds` and a second allow where each choice has at most so many
    /// in a second; not above ``completion``. The second is for what is on its way when a connection closes.
    package func completion(within nanoseconds: Int64, at tokensPerSecond: Int64) -> Int64 {
        let time = Int128(max(0, nanoseconds)) + 1_000_000_000
        let (product, overflowed) = (time * Int128(tokensPerSecond))
            .multipliedReportingOverflow(by: Int128(choices))
        guard !overflowed else { return completion }
        let generated = (product + 999_999_999) / 1_000_000_000 + Int128(predicted)
        return Int64(min(Int128(completion), generated))
    }

    package var charge: Charge { charge(requests: 1) }

    func charge(requests: Int64) -> Charge {
        Charge(requests: requests, tokens: Usage(prompt: prompt, completion: completion).tokens, cost: cost)
    }

    /// Takes of each the larger: the bound of a request that may be sent to one target or to another.
    mutating func cover(_ other: UsageBound) {
        prompt = max(prompt, other.prompt)
        completion = max(completion, other.completion)
        cost = max(cost, other.cost)
        audioMilliseconds = max(audioMilliseconds, other.audioMilliseconds)
        openEnds.formUnion(other.openEnds)
    }

    /// `isHeld` is false and `peek` empty where the body streams through, as with files; `bodyBytes` is its
    /// length as far as it is known. `outputLimit` is the cap of each choice, once the body keeps to it.
    package init(
        of consumption: Consumption, peek: borrowing BodyPeek, isHeld: Bool = true, bodyBytes: Int,
        price: ModelPrice?, outputLimit: Int64? = nil, defaults: Defaults = Defaults()
    ) {
        guard consumption != .free else { return }
        if !isHeld { openEnds.insert(.unread) }
        let model = price?.completionLimit ?? defaults.completionLimit
        openEnds.formUnion(peek.openEnds)
        if price?.readsMore == true { openEnds.insert(.model) }
        prompt = Self.prompt(peek, bodyBytes: Int64(bodyBytes))
        choices = Self.choices(of: consumption, peek)
        switch consumption {
        case .free: return
        case .chat:
            completion = Self.times(Self.most(peek.maxCompletionTokens, peek.maxTokens, else: model), choices)
        case .completion: completion = Self.times(Self.most(peek.maxTokens, else: model), choices)
        case .response: completion = Self.most(peek.maxOutputTokens, else: model)
        case .run:
            openEnds.insert(.thread)
            completion = Self.most(peek.maxCompletionTokens, else: model)
        case .embedding: break
        case .image, .imageEdit:
            if price?.completionLimit == nil { openEnds.insert(.model) }
            if consumption == .imageEdit {
                openEnds.insert(.image)
                prompt = Self.allowance + Self.mediaFloor
            }
            completion = Self.times(Usage(prompt: model, completion: Self.partialImages).tokens, choices)
        case .speech:
            boundSpeech(peek, price)
            return
        case .transcription:
            boundTranscription(bodyBytes, price)
            return
        case .batch:
            openEnds.insert(.batch)
            prompt = 0
        case .other:
            openEnds.insert(.unmetered)
            if openEnds.contains(.unread) { prompt = 0 }
        }
        if let outputLimit { completion = min(completion, Self.times(outputLimit, choices)) }
        switch consumption {
        case .chat, .completion, .response, .embedding: isText = true
        case .free, .image, .imageEdit, .speech, .transcription, .run, .batch, .other: break
        }
        if peek.hasPrediction {
            predicted = Int64(bodyBytes)
            completion = Usage(prompt: completion, completion: predicted).tokens
        }
        guard let price else { return }
        cost = price.bound(
            prompt: prompt, completion: completion, withMedia: hasMedia(consumption), on: peek.terms)
    }

    /// What a question states takes the place of what a body would tell.
    mutating func take(_ stated: StatedUse, of consumption: Consumption, _ price: ModelPrice?) {
        guard consumption != .free else { return }
        let media = hasMedia(consumption)
        func cost(_ prompt: Int64, _ completion: Int64) -> Money {
            price?.bound(
                prompt: prompt, completion: completion, withMedia: media, on: ModelPrice.Terms()) ?? .zero
        }
        switch stated.size {
        case .tokens(let count):
            (prompt, completion, isEstimate) = (count, 0, true)
            self.cost = max(cost(count, 0), cost(0, count))
        case .parts(let count, let output):
            prompt = count
            if let output, !OutputPlan.hasKey(consumption) { completion = output }
            self.cost = cost(prompt, completion)
        }
        if let cost = stated.cost { self.cost = cost }
    }

    private func hasMedia(_ consumption: Consumption) -> Bool {
        switch consumption {
        case .image, .imageEdit, .run, .other: true
        case .free, .chat, .completion, .embedding, .response, .speech, .transcription, .batch:
            !openEnds.isDisjoint(with: [.image, .file, .audio, .unreadable, .builtInTool])
        }
    }

    /// Charged by characters, exactly as many as the input has. A model that counts tokens speaks at most two
    /// of them for a byte, which is a rate of speech and no bound.
    private mutating func boundSpeech(_ peek: borrowing BodyPeek, _ price: ModelPrice?) {
        isEstimate = true
        prompt = Int64(peek.inputCharacters)
        guard let price, price.characters == .zero else {
            cost = price?.cost(ofCharacters: prompt) ?? .zero
            return
        }
        openEnds.insert(.audio)
        prompt = Int64(peek.inputBytes)
        completion = prompt * 2
        cost = price.bound(prompt: prompt, completion: completion, withMedia: true, on: peek.terms)
    }

    /// The length of a recording is not known from its bytes: as if it were speech at 32 kbit/s, with ten
    /// tokens heard and five written in a second.
    private mutating func boundTranscription(_ bodyBytes: Int, _ price: ModelPrice?) {
        isEstimate = true
        openEnds.insert(.audio)
        audioMilliseconds = max(1000, Int64(bodyBytes) * 1000 / Self.audioBytesPerSecond)
        var usage = Usage()
        if price?.audioMinute ?? .zero == .zero {
            prompt = audioMilliseconds / 100
            completion = audioMilliseconds / 200
            usage = Usage(prompt: prompt, completion: completion)
            usage.audioPrompt = prompt
        } else {
            prompt = 0
            usage.audioMilliseconds = audioMilliseconds
        }
        cost = price?.cost(of: usage) ?? .zero
    }

    // MARK: - Numbers

    private static func prompt(_ peek: borrowing BodyPeek, bodyBytes: Int64) -> Int64 {
        guard peek.mediaCount > 0 else { return bodyBytes + allowance }
        return max(0, bodyBytes - Int64(peek.mediaBytes)) + allowance + Int64(peek.mediaCount) * mediaFloor
    }

    /// How many choices are generated: at least one.
    static func choices(of consumption: Consumption, _ peek: borrowing BodyPeek) -> Int64 {
        switch consumption {
        case .chat, .image, .imageEdit: most(peek.choices, else: 1, unreadable: mostChoices)
        case .completion:
            times(
                max(
                    most(peek.choices, else: 1, unreadable: mostChoices),
                    most(peek.bestOf, else: 1, unreadable: mostChoices)), Int64(peek.promptCount))
        case .free, .embedding, .response, .speech, .transcription, .run, .batch, .other: 1
        }
    }

    private static func most(_ amount: BodyPeek.Amount, else usual: Int64, unreadable: Int64) -> Int64 {
        switch amount {
        case .absent: usual
        case .number(let number, _): max(1, number)
        case .unreadable: unreadable
        }
    }

    /// The larger number of those that are there; `usual` where none is, or one cannot be read.
    private static func most(
        _ first: BodyPeek.Amount, _ second: BodyPeek.Amount = .absent, else usual: Int64
    ) -> Int64 {
        switch (first, second) {
        case (.number(let first, _), .number(let second, _)): max(first, second)
        case (.number(let number, _), .absent), (.absent, .number(let number, _)): number
        case (.absent, .absent): usual
        case (.unreadable, _), (_, .unreadable): usual
        }
    }

    private static func times(_ count: Int64, _ choices: Int64) -> Int64 {
        let (product, overflowed) = count.multipliedReportingOverflow(by: choices)
        return overflowed ? .max : product
    }
}
