import Testing

@testable import Domain

/// How a model's price is found, and what is shipped.
struct PriceTableTests {
    private func price(_ number: Int64) -> ModelPrice {
        ModelPrice(prompt: Money(nanoUSD: number), completion: .zero)
    }

    private var table: PriceTable {
        PriceTable(
            version: 1, source: "test", date: "2026-01-01",
            prices: [
                "gpt-4o": price(1), "gpt-4o-mini": price(2), "gpt-4o-2024-05-13": price(3),
                "ft:gpt-4o": price(4), "ft:gpt-4o-mini-2024-07-18": price(5),
            ])
    }

    @Test(arguments: [
        ("gpt-4o", 1), ("gpt-4o-mini", 2), ("gpt-4o-2024-05-13", 3), ("gpt-4o-2024-08-06", 1),
        ("gpt-4o-mini-2024-07-18", 2), ("ft:gpt-4o:acme::abc", 4), ("ft:gpt-4o-2024-08-06:acme:x:abc", 4),
        ("ft:gpt-4o-mini-2024-07-18:acme::abc", 5),
    ])
    func `a model is found by its id or its id without the date`(id: String, number: Int64) {
        #expect(table.price(of: id) == price(number))
    }

    @Test(arguments: [
        "", "gpt-4", "gpt-4o-", "gpt-4oo", "GPT-4o", "gpt-4o-2024-08", "gpt-4o-2024-08-6",
        "gpt-4o_2024-08-06",
        "gpt-4o-2024-08-06-x", "-2024-08-06", "ft:", "ft:gpt-4.1:acme::a", "ft:gpt-4o-mini:acme::abc",
        "gpt-4o ",
    ])
    func `any other id has no price`(id: String) {
        #expect(table.price(of: id) == nil)
    }

    @Test func `an edited table has what was changed and keeps the rest`() {
        let edited = table.edited(version: 2, ["gpt-4o": price(9), "gpt-4o-mini": nil, "own": price(8)])

        #expect(edited.version == 2)
        #expect(edited.price(of: "gpt-4o") == price(9))
        #expect(edited.price(of: "gpt-4o-mini") == nil)
        #expect(edited.price(of: "own") == price(8))
        #expect(edited.price(of: "ft:gpt-4o:acme::abc") == price(4))
        #expect(table.price(of: "gpt-4o") == price(1))
    }

    @Test func `every id of a large table is found`() {
        let ids = (0..<3000).map { "model-\($0)" }
        let prices = Dictionary(uniqueKeysWithValues: ids.enumerated().map { ($1, price(Int64($0))) })
        let table = PriceTable(version: 1, source: "", date: "", prices: prices)

        for (index, id) in ids.enumerated() { #expect(table.price(of: id) == price(Int64(index))) }
        #expect(table.price(of: "model-3000") == nil)
        #expect(PriceTable(version: 1, source: "", date: "", prices: [:]).price(of: "model") == nil)
    }

    @Test func `the shipped list is read and is in order`() throws {
        let table = try PriceTable.shipped()

        #expect(table.prices.count > 100)
        #expect(table.version == 1)
        #expect(table.date.count == 10)
        let mini = try #require(table.price(of: "gpt-4.1-mini-2025-04-14"))
        #expect(mini.cost(of: Usage(prompt: 1_000_000, completion: 1_000_000)) == Money("2.00"))
        for (id, price) in table.prices {
            let tiers = [price.standard, price.flex, price.priority, price.ultrafast, price.batch]
            for tier in tiers.compactMap(\.self) {
                #expect(tier.rates.cachedPrompt <= tier.rates.prompt, "\(id)")
                #expect(tier.rates.cacheWrite >= tier.rates.prompt, "\(id)")
                guard let long = tier.longRates else { continue }
                #expect(long.prompt >= tier.rates.prompt && long.completion >= tier.rates.completion, "\(id)")
                #expect(price.longContext != nil, "\(id)")
            }
            let isFree = id.hasPrefix("omni-moderation")
            #expect(
                isFree || price.bound(prompt: 1, completion: 0, withMedia: true, on: .init()) > .zero
                    || price.characters > .zero || price.audioMinute > .zero, "\(id)")
            if let flex = price.flex { #expect(flex.rates.prompt <= price.standard.rates.prompt, "\(id)") }
            if let tier = price.priority {
                #expect(tier.rates.prompt >= price.standard.rates.prompt, "\(id)")
            }
        }
    }
}
