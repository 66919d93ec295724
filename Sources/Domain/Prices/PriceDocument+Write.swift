/// How a price is written again: the list of prices and stored overrides show what they read.
extension PriceDocument {
    /// One model's price as ``price(parsing:)`` reads it, without the classes that cost what their total
    /// costs.
    package static func text(of price: ModelPrice) -> String {
        var json = JSONWriter(reserving: 512)
        write(price, to: &json)
        return json.text
    }

    package static func write(_ price: ModelPrice, to json: inout JSONWriter) {
        json.object { json in
            write(price.standard, to: &json)
            if price.characters != .zero { json.member("characters", price.characters.description) }
            if price.audioMinute != .zero { json.member("audio_minute", price.audioMinute.description) }
            if let count = price.longContext { json.member("long_context_above", Int(count)) }
            if let count = price.contextWindow { json.member("context_window", Int(count)) }
            if let count = price.completionLimit { json.member("max_completion", Int(count)) }
            if price.readsMore { json.member("reads_more", true) }
            write(price.flex, as: "flex", to: &json)
            write(price.priority, as: "priority", to: &json)
            write(price.ultrafast, as: "ultrafast", to: &json)
            write(price.batch, as: "batch", to: &json)
        }
    }

    private static func write(_ tier: ModelPrice.Tier?, as name: StaticString, to json: inout JSONWriter) {
        guard let tier else { return }
        json.object(name) { write(tier, to: &$0) }
    }

    private static func write(_ tier: ModelPrice.Tier, to json: inout JSONWriter) {
        write(tier.rates, to: &json)
        guard let long = tier.longRates else { return }
        json.object("long") { write(long, to: &$0) }
    }

    private static func write(_ rates: TokenRates, to json: inout JSONWriter) {
        func member(_ name: StaticString, _ money: Money, unless usual: Money) {
            if money != usual { json.member(name, money.description) }
        }
        json.member("prompt", rates.prompt.description)
        member("cached_prompt", rates.cachedPrompt, unless: rates.prompt)
        member("cache_write", rates.cacheWrite, unless: rates.prompt)
        member("long_cache_write", rates.longCacheWrite, unless: rates.cacheWrite)
        member("audio_prompt", rates.audioPrompt, unless: rates.prompt)
        member("image_prompt", rates.imagePrompt, unless: rates.prompt)
        json.member("completion", rates.completion.description)
        member("audio_completion", rates.audioCompletion, unless: rates.completion)
        member("image_completion", rates.imageCompletion, unless: rates.completion)
    }
}
