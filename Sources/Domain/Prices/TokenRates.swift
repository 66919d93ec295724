/// What tokens cost, class by class, in US dollars per million tokens: so written because a single token
/// costs less than a nano-dollar.
///
/// A class that has no price of its own has the price of the total it belongs to: the classes of the input
/// that of ``prompt``, those of the output that of ``completion``. Reasoning has no price of its own.
package struct TokenRates: Hashable, Sendable {
    package var prompt: Money
    /// Read from the upstream's cache.
    package var cachedPrompt: Money
    /// Written to the upstream's cache, to be kept for as long as it is kept by default.
    package var cacheWrite: Money
    /// Written to the upstream's cache by a request that asks to have it kept longer (`12h`).
    package var longCacheWrite: Money
    package var audioPrompt: Money
    package var imagePrompt: Money
    package var completion: Money
    package var audioCompletion: Money
    package var imageCompletion: Money

    package init(
        prompt: Money, cachedPrompt: Money? = nil, cacheWrite: Money? = nil, longCacheWrite: Money? = nil,
        audioPrompt: Money? = nil, imagePrompt: Money? = nil, completion: Money,
        audioCompletion: Money? = nil, imageCompletion: Money? = nil
    ) {
        self.prompt = prompt
        self.cachedPrompt = cachedPrompt ?? prompt
        self.cacheWrite = cacheWrite ?? prompt
        self.longCacheWrite = longCacheWrite ?? cacheWrite ?? prompt
        self.audioPrompt = audioPrompt ?? prompt
        self.imagePrompt = imagePrompt ?? prompt
        self.completion = completion
        self.audioCompletion = audioCompletion ?? completion
        self.imageCompletion = imageCompletion ?? completion
    }

    package static let free = TokenRates(prompt: .zero, completion: .zero)

    /// What `usage` comes to in millionths of a nano-dollar: exact, before any rounding.
    ///
    /// Where the classes of a total overlap, so that they come to more than it, they are taken in this order
    /// until the total is used up: audio, image, written to the cache, read from the cache.
    func microNano(of usage: Usage, keepsCacheLong: Bool) -> UInt128 {
        var rest = usage.prompt
        var sum = Self.product(Self.take(usage.audioPrompt, of: &rest), audioPrompt)
        sum = Self.sum(sum, Self.product(Self.take(usage.imagePrompt, of: &rest), imagePrompt))
        sum = Self.sum(
            sum,
            Self.product(
                Self.take(usage.cacheWritePrompt, of: &rest), keepsCacheLong ? longCacheWrite : cacheWrite))
        sum = Self.sum(sum, Self.product(Self.take(usage.cachedPrompt, of: &rest), cachedPrompt))
        sum = Self.sum(sum, Self.product(rest, prompt))
        rest = usage.completion
        sum = Self.sum(sum, Self.product(Self.take(usage.audioCompletion, of: &rest), audioCompletion))
        sum = Self.sum(sum, Self.product(Self.take(usage.imageCompletion, of: &rest), imageCompletion))
        return Self.sum(sum, Self.product(rest, completion))
    }

    /// The dearest price that a token of the input can have. Audio and images count only where `withMedia`.
    func dearestPrompt(withMedia: Bool, keepsCacheLong: Bool) -> Money {
        let text = max(prompt, cachedPrompt, cacheWrite, keepsCacheLong ? longCacheWrite : cacheWrite)
        return withMedia ? max(text, audioPrompt, imagePrompt) : text
    }

    /// The same of the output.
    func dearestCompletion(withMedia: Bool) -> Money {
        withMedia ? max(completion, audioCompletion, imageCompletion) : completion
    }

    /// Takes `count` out of `rest`, or what is left of it.
    private static func take(_ count: Int64, of rest: inout Int64) -> Int64 {
        let taken = Swift.max(0, Swift.min(count, rest))
        rest -= taken
        return taken
    }

    /// Nothing below zero, of either.
    static func product(_ count: Int64, _ rate: Money) -> UInt128 {
        guard count > 0, rate.nanoUSD > 0 else { return 0 }
        let (high, low) = UInt64(count).multipliedFullWidth(by: UInt64(rate.nanoUSD))
        return UInt128(high) << 64 | UInt128(low)
    }

    /// Saturates.
    static func sum(_ left: UInt128, _ right: UInt128) -> UInt128 {
        let (sum, overflowed) = left.addingReportingOverflow(right)
        return overflowed ? .max : sum
    }
}
