import Domain
import Testing

@testable import Gateway

/// What an answer that told its usage costs: by the tier that served it, and with the images that a tool
/// made.
struct ToldUsageTests {
    private static func price(_ prompt: Int64, _ completion: Int64) -> ModelPrice.Tier {
        ModelPrice.Tier(
            rates: TokenRates(
                prompt: Money(nanoUSD: prompt * 1_000_000_000),
                completion: Money(nanoUSD: completion * 1_000_000_000)))
    }

    private static let model = ModelPrice(
        standard: price(2, 8), flex: price(1, 4), priority: price(4, 16), batch: price(1, 3))
    private static let prices = PriceTable(
        version: 1, source: "", date: "",
        prices: ["m": model, "gpt-image-1": ModelPrice(standard: price(10, 40))])

    private func charge(
        _ answer: String, _ kind: Endpoint.Kind = .chatCompletions, asked: ServiceTier = .standard,
        promptSeen: Int64 = 0
    ) -> ToldUsage? {
        let meter = UsageMeter(kind, form: .json)
        Array(answer.utf8).withUnsafeBytes { meter.take($0) }
        return ToldUsage(
            meter.finish(), price: Self.model, asked: ModelPrice.Terms(tier: asked), prices: Self.prices,
            promptSeen: promptSeen)
    }

    private func chat(_ tier: String?) -> String {
        #"{"choices":[{"message":{"content":"Hi"}}],"usage":{"prompt_tokens":1000,"completion_tokens":1000}"#
            + (tier.map { #","service_tier":\#($0)}"# } ?? "}")
    }

    @Test(
        arguments: [
            // The tier that is named, the one that was asked for, and cents.
            (#""default""#, .priority, 1.0), (#""priority""#, .standard, 2.0), (#""flex""#, .priority, 0.5),
            (#""default""#, .flex, 1.0), (#""fast""#, .flex, 2.0), (#""scale""#, .priority, 1.0),
            (#""on_demand""#, .flex, 1.0), (#""lightning""#, .flex, 2.0), (#""batch""#, .standard, 0.4),
            // None is named: what was asked for.
            (nil, .priority, 2.0), ("null", .flex, 0.5), (#""auto""#, .priority, 2.0), (#""""#, .flex, 0.5),
        ] as [(String?, ServiceTier, Double)])
    func `the tier that the answer names decides, else the one asked for`(
        tier: String?, asked: ServiceTier, cents: Double
    ) throws {
        let told = try #require(charge(chat(tier), asked: asked))
        #expect(told.cost == Money(nanoUSD: Int64(cents * 10_000_000)) && told.accuracy == .exact)
    }

    @Test func `a response tells its tier beside its usage`() throws {
        let text =
            #"{"status":"completed","output":[{"type":"message"}],"service_tier":"default","#
            + #""usage":{"input_tokens":1000,"output_tokens":1000}}"#
        #expect(try #require(charge(text, .responses, asked: .priority)).cost == Money(nanoUSD: 10_000_000))
    }

    @Test func `nobody gets the price of a batch by asking for it`() {
        #expect(Array("batch".utf8).withUnsafeBytes { ServiceTier(named: $0) } == .unknown)
    }

    @Test func `a batch costs what batches cost`() throws {
        let text = #"{"id":"b","status":"completed","usage":{"input_tokens":1000,"output_tokens":1000}}"#
        for asked in ServiceTier.allCases {
            #expect(try #require(charge(text, .batches, asked: asked)).cost == Money(nanoUSD: 4_000_000))
        }
    }

    @Test func `images that a tool made are counted and have the price of their model`() throws {
        let text =
            #"{"status":"completed","output":[{}],"usage":{"input_tokens":1000,"output_tokens":1000},"#
            + #""tool_usage":{"image_gen":{"input_tokens":100,"output_tokens":500,"total_tokens":600}}}"#
        let told = try #require(charge(text, .responses))
        #expect(told.usage.prompt == 1100 && told.usage.imagePrompt == 100)
        #expect(told.usage.completion == 1500 && told.usage.imageCompletion == 500)
        #expect(told.cost == Money(nanoUSD: 10_000_000 + 1_000_000 + 20_000_000) && told.accuracy == .exact)
    }

    @Test func `a prompt that is told as nothing beside output is charged as it was seen`() throws {
        let text =
            #"{"choices":[{"message":{"content":"Hi"}}],"usage":{"prompt_tokens":0,"completion_tokens":9}}"#
        let told = try #require(charge(text, promptSeen: 7))
        #expect(told.usage == Usage(prompt: 7, completion: 9) && told.accuracy == .estimated)
    }
}
