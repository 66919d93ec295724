import Testing

@testable import Domain

/// What a usage costs, exactly.
struct ModelPriceTests {
    private func money(_ text: String) throws -> Money { try #require(Money(text)) }

    private func price() throws -> ModelPrice {
        let plain = TokenRates(
            prompt: try money("2.50"), cachedPrompt: try money("0.25"), cacheWrite: try money("3.125"),
            longCacheWrite: try money("5"), audioPrompt: try money("32"), completion: try money("15"),
            audioCompletion: try money("64"))
        let long = TokenRates(prompt: try money("5"), completion: try money("22.50"))
        return ModelPrice(
            standard: .init(rates: plain, longRates: long),
            flex: .init(rates: TokenRates(prompt: try money("1.25"), completion: try money("7.50"))),
            priority: .init(rates: TokenRates(prompt: try money("5"), completion: try money("30"))),
            longContext: 1000, audioMinute: try money("0.006"), characters: try money("15"))
    }

    @Test func `each class has its price and the totals are not counted twice`() throws {
        var usage = Usage(prompt: 100, completion: 10)
        #expect(try price().cost(of: usage) == money("0.0004"))
        usage.cachedPrompt = 60
        usage.cacheWritePrompt = 20
        usage.audioPrompt = 10
        usage.audioCompletion = 4
        usage.reasoning = 3
        // 60 × 0.25 + 20 × 3.125 + 10 × 32 + 10 × 2.5 + 4 × 64 + 6 × 15 millionths
        #expect(try price().cost(of: usage) == money("0.0007685"))
        #expect(
            try price().cost(of: usage, on: .init(keepsCacheLong: true)) == money("0.000806"))
    }

    @Test func `a class without a price of its own has the price of its total`() throws {
        let price = ModelPrice(prompt: try money("1"), completion: try money("2"))
        var usage = Usage(prompt: 90, completion: 30)
        let plain = price.cost(of: usage)
        usage.cachedPrompt = 10
        usage.cacheWritePrompt = 20
        usage.audioPrompt = 30
        usage.imagePrompt = 30
        usage.audioCompletion = 10
        usage.imageCompletion = 20

        #expect(price.cost(of: usage) == plain)
        #expect(try plain == money("0.00015"))
    }

    @Test func `a cost is rounded up once`() throws {
        // Both classes together, and not each of them.
        let price = ModelPrice(prompt: try money("0.000000001"), completion: try money("0.000000001"))

        #expect(price.cost(of: Usage()) == .zero)
        #expect(price.cost(of: Usage(prompt: 1, completion: 0)) == Money(nanoUSD: 1))
        #expect(price.cost(of: Usage(prompt: 1, completion: 1)) == Money(nanoUSD: 1))
        #expect(price.cost(of: Usage(prompt: 1_000_000, completion: 0)) == Money(nanoUSD: 1))
        #expect(price.cost(of: Usage(prompt: 1_000_000, completion: 1)) == Money(nanoUSD: 2))
    }

    @Test func `nothing wraps round`() throws {
        let price = ModelPrice(prompt: .max, completion: .max)
        var usage = Usage(prompt: .max, completion: .max)
        usage.audioPrompt = .max
        usage.cachedPrompt = .max
        usage.audioMilliseconds = .max

        #expect(price.cost(of: usage) == .max)
        #expect(price.cost(of: Usage(prompt: .min, completion: -1)) == .zero)
        #expect(price.bound(prompt: .max, completion: .max, withMedia: true, on: .init()) == .max)
    }

    @Test func `classes that overlap never cost more tokens than there are`() throws {
        var usage = Usage(prompt: 10, completion: 0)
        usage.audioPrompt = 8
        usage.cachedPrompt = 8

        // 8 × 32 + 2 × 0.25 millionths
        #expect(try price().cost(of: usage) == money("0.0002565"))
    }

    @Test func `a long prompt pays the long price for all of it`() throws {
        #expect(try price().cost(of: Usage(prompt: 1000, completion: 100)) == money("0.004"))
        #expect(try price().cost(of: Usage(prompt: 1001, completion: 100)) == money("0.007255"))
    }

    @Test func `audio is paid by the minute, to the millisecond`() throws {
        var usage = Usage()
        usage.audioMilliseconds = 90_000
        #expect(try price().cost(of: usage) == money("0.009"))
        usage.audioMilliseconds = 1
        #expect(try price().cost(of: usage) == money("0.0000001"))
        usage.prompt = 1
        #expect(try price().cost(of: usage) == money("0.0000026"))
    }

    @Test func `characters are paid by the million`() throws {
        #expect(try price().cost(ofCharacters: 1) == money("0.000015"))
        #expect(try price().cost(ofCharacters: 0) == .zero)
    }

    @Test(arguments: [
        ("auto", ServiceTier.standard), ("default", .standard), ("scale", .standard), ("flex", .flex),
        ("priority", .priority), ("fast", .priority), ("ultrafast", .ultrafast), ("", .unknown),
        ("Priority", .unknown), ("warp", .unknown),
    ])
    func `a tier is known by the upstream's names`(name: String, tier: ServiceTier) {
        #expect(Array(name.utf8).withUnsafeBytes { ServiceTier(named: $0) } == tier)
    }

    @Test func `a tier costs its own price, and what it costs otherwise where it has none`() throws {
        let usage = Usage(prompt: 100, completion: 0)
        let plain = try price().cost(of: usage)

        #expect(try price().cost(of: usage, on: .init(tier: .flex)) == money("0.000125"))
        #expect(try price().cost(of: usage, on: .init(tier: .priority)) == money("0.0005"))
        #expect(try price().cost(of: usage, on: .init(tier: .ultrafast)) == money("0.0005"))
        #expect(try price().cost(of: usage, on: .init(tier: .unknown)) == money("0.0005"))
        #expect(try price().cost(of: usage, on: .init(tier: .batch)) == plain)
    }

    @Test func `no usage within a bound costs more than it`() throws {
        var random = SystemRandomNumberGenerator()
        let shipped = try PriceTable.shipped()
        let prices = [try price()] + shipped.prices.values
        for _ in 0..<20_000 {
            let price = try #require(prices.randomElement(using: &random))
            let prompt = Int64.random(in: 0...(Bool.random() ? 2000 : 600_000), using: &random)
            let completion = Int64.random(in: 0...130_000, using: &random)
            let withMedia = Bool.random(using: &random)
            let asked = try #require(ServiceTier.allCases.randomElement(using: &random))
            let terms = ModelPrice.Terms(tier: asked, keepsCacheLong: Bool.random(using: &random))
            let bound = price.bound(
                prompt: prompt, completion: completion, withMedia: withMedia, on: terms)
            var usage = Usage(
                prompt: Int64.random(in: 0...prompt, using: &random),
                completion: Int64.random(in: 0...completion, using: &random))
            usage.cachedPrompt = Int64.random(in: 0...usage.prompt, using: &random)
            usage.cacheWritePrompt = Int64.random(in: 0...usage.prompt, using: &random)
            if withMedia {
                usage.audioPrompt = Int64.random(in: 0...usage.prompt, using: &random)
                usage.imagePrompt = Int64.random(in: 0...usage.prompt, using: &random)
                usage.audioCompletion = Int64.random(in: 0...usage.completion, using: &random)
                usage.imageCompletion = Int64.random(in: 0...usage.completion, using: &random)
            }
            // Served as asked, or as usual.
            let served = Bool.random(using: &random) ? asked : .standard
            let cost = price.cost(
                of: usage, on: .init(tier: served, keepsCacheLong: terms.keepsCacheLong))
            #expect(cost <= bound, "\(usage) on \(terms), served \(served), within \(prompt)/\(completion)")
        }
    }
}
