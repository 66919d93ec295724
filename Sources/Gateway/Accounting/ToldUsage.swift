package import Domain

/// What an answer told that it used, priced: the one place that turns a reading into a charge, whoever read
/// it.
///
/// The tier is the one that the answer says it was served in, else the one that was asked for. Images that a
/// hosted tool made are counted with the answer's tokens, and cost what ``imageModel`` does, for the answer
/// does not name theirs; where that has no price, what the answering model's images cost.
package struct ToldUsage: Hashable, Sendable {
    package let usage: Usage
    package let cost: Money
    /// `exact`, or `estimated` where the numbers contradict each other or are of a grammar that is not known.
    package let accuracy: Accuracy

    /// The model that hosted tools make images with.
    static let imageModel = ObjectEnd.imageModel

    /// nil where the answer told nothing. `promptSeen` are the prompt tokens to be charged for a text that
    /// was answered though the usage tells none: zero where nothing is known of it.
    package init?(
        _ reading: UsageReading, price: ModelPrice?, asked terms: ModelPrice.Terms, prices: PriceTable,
        promptSeen: Int64 = 0
    ) {
        guard var usage = reading.usage else { return nil }
        if usage.prompt == 0, usage.completion > 0 { usage.prompt = promptSeen }
        var terms = terms
        if let tier = reading.tier { terms.tier = tier }
        var cost = price?.cost(of: usage, on: terms) ?? .zero
        if let images = reading.toolImages {
            let imagePrice = prices.price(of: Self.imageModel) ?? price
            cost += imagePrice?.cost(of: images) ?? .zero
            usage.add(images)
        }
        self.usage = usage
        self.cost = cost
        accuracy = reading.isExact ? .exact : .estimated
    }
}
