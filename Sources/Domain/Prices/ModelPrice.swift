/// What one model costs, and the numbers that bound a request to it. Immutable; shared by reference, for it
/// is looked up with every request and kept until the request is settled.
///
/// A request whose prompt is longer than ``longContext`` pays that tier's long prices for the whole of it.
package final class ModelPrice: Sendable {
    /// The prices of one ``ServiceTier``.
    package struct Tier: Hashable, Sendable {
        package var rates: TokenRates
        /// For prompts above the model's ``ModelPrice/longContext``; nil where those cost the same.
        package var longRates: TokenRates?

        package init(rates: TokenRates, longRates: TokenRates? = nil) {
            self.rates = rates
            self.longRates = longRates
        }
    }

    /// How a request asks to be served, where that changes what it costs.
    package struct Terms: Hashable, Sendable {
        package var tier: ServiceTier
        /// The request asks to keep what it writes to the upstream's cache longer than the default.
        package var keepsCacheLong: Bool

        package init(tier: ServiceTier = .standard, keepsCacheLong: Bool = false) {
            self.tier = tier
            self.keepsCacheLong = keepsCacheLong
        }
    }

    package let standard: Tier
    package let flex: Tier?
    package let priority: Tier?
    package let ultrafast: Tier?
    package let batch: Tier?
    /// The most prompt tokens that the plain prices hold for.
    package let longContext: Int64?
    /// A minute of audio.
    package let audioMinute: Money
    /// A million characters that are spoken.
    package let characters: Money
    /// Prompt and completion tokens together, at most.
    package let contextWindow: Int64?
    /// Completion tokens of one answer (one image, where it makes images), at most.
    package let completionLimit: Int64?
    /// True of a model that of itself reads or does what the request does not name (it searches the web).
    package let readsMore: Bool

    package init(
        standard: Tier, flex: Tier? = nil, priority: Tier? = nil, ultrafast: Tier? = nil,
        batch: Tier? = nil, longContext: Int64? = nil, audioMinute: Money = .zero,
        characters: Money = .zero, contextWindow: Int64? = nil, completionLimit: Int64? = nil,
        readsMore: Bool = false
    ) {
        self.standard = standard
        self.flex = flex
        self.priority = priority
        self.ultrafast = ultrafast
        self.batch = batch
        self.longContext = longContext
        self.audioMinute = audioMinute
        self.characters = characters
        self.contextWindow = contextWindow
        self.completionLimit = completionLimit
        self.readsMore = readsMore
    }

    /// One price for every token of the input and one for every token of the output.
    package convenience init(prompt: Money, completion: Money) {
        self.init(standard: Tier(rates: TokenRates(prompt: prompt, completion: completion)))
    }

    /// The prices of a tier. A model that has none for it costs what it costs otherwise, for it is served so;
    /// a tier of an unknown name costs what the dearest does, by the price of a completion token.
    package func tier(_ name: ServiceTier) -> Tier {
        switch name {
        case .standard: return standard
        case .flex: return flex ?? standard
        case .priority: return priority ?? standard
        case .ultrafast: return ultrafast ?? priority ?? standard
        case .batch: return batch ?? standard
        case .unknown:
            var dearest = standard
            if let priority, priority.rates.completion > dearest.rates.completion { dearest = priority }
            if let ultrafast, ultrafast.rates.completion > dearest.rates.completion { dearest = ultrafast }
            return dearest
        }
    }

    /// What `usage` costs, rounded up once to a whole nano-dollar. Saturates.
    ///
    /// `terms.tier` is the tier that the answer names, else the one that the request asked for.
    package func cost(of usage: Usage, on terms: Terms = Terms()) -> Money {
        let tier = tier(terms.tier)
        var rates = tier.rates
        if let longContext, usage.prompt > longContext, let long = tier.longRates { rates = long }
        let sum = rates.microNano(of: usage, keepsCacheLong: terms.keepsCacheLong)
        let audio = TokenRates.product(usage.audioMilliseconds, audioMinute)
        return Self.rounded(microNano: sum, perMillisecond: audio)
    }

    /// The most that any usage of at most so many tokens can cost: each at the dearest price that could
    /// apply, on the terms asked for or as `standard`, whichever is dearer, with or without the prices for
    /// long prompts where the bound reaches them. Saturates.
    package func bound(prompt: Int64, completion: Int64, withMedia: Bool, on terms: Terms) -> Money {
        var most = bound(standard, prompt, completion, withMedia, terms)
        if terms.tier != .standard {
            most = max(most, bound(tier(terms.tier), prompt, completion, withMedia, terms))
        }
        return Self.rounded(microNano: most, perMillisecond: 0)
    }

    /// What `count` spoken characters cost, rounded up.
    package func cost(ofCharacters count: Int64) -> Money {
        Self.rounded(microNano: TokenRates.product(count, characters), perMillisecond: 0)
    }

    private func bound(
        _ tier: Tier, _ prompt: Int64, _ completion: Int64, _ withMedia: Bool, _ terms: Terms
    ) -> UInt128 {
        func most(_ rates: TokenRates) -> UInt128 {
            TokenRates.sum(
                TokenRates.product(
                    prompt,
                    rates.dearestPrompt(withMedia: withMedia, keepsCacheLong: terms.keepsCacheLong)),
                TokenRates.product(completion, rates.dearestCompletion(withMedia: withMedia)))
        }
        guard let longContext, prompt > longContext, let long = tier.longRates else {
            return most(tier.rates)
        }
        return max(most(tier.rates), most(long))
    }

    /// The sum of both in whole nano-dollars, rounded up once: millionths of one, and sixty-thousandths of
    /// one.
    private static func rounded(microNano: UInt128, perMillisecond: UInt128) -> Money {
        if perMillisecond == 0, let small = UInt64(exactly: microNano) {
            return Money(nanoUSD: Int64(small / 1_000_000 + (small % 1_000_000 == 0 ? 0 : 1)))
        }
        // 3,000,000 is the least common multiple of the two denominators.
        let (left, isLeftTooLarge) = microNano.multipliedReportingOverflow(by: 3)
        let (right, isRightTooLarge) = perMillisecond.multipliedReportingOverflow(by: 50)
        let (sum, overflowed) = left.addingReportingOverflow(right)
        guard !isLeftTooLarge, !isRightTooLarge, !overflowed else { return .max }
        let (quotient, remainder) = sum.quotientAndRemainder(dividingBy: 3_000_000)
        return Int64(exactly: quotient + (remainder == 0 ? 0 : 1)).map { Money(nanoUSD: $0) } ?? .max
    }
}

extension ModelPrice: Hashable {
    package static func == (left: ModelPrice, right: ModelPrice) -> Bool {
        left === right
            || left.standard == right.standard && left.flex == right.flex && left.priority == right.priority
                && left.ultrafast == right.ultrafast && left.batch == right.batch
                && left.longContext == right.longContext && left.audioMinute == right.audioMinute
                && left.characters == right.characters && left.contextWindow == right.contextWindow
                && left.completionLimit == right.completionLimit && left.readsMore == right.readsMore
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(standard)
        hasher.combine(audioMinute)
        hasher.combine(characters)
    }
}
