import Domain
import Foundation
import Testing

@testable import Gateway

/// What numbers of a `usage` object come to, whatever they are.
struct UsageTallyTests {
    private func reading(_ usage: String) -> UsageReading {
        let meter = UsageMeter(.chatCompletions, form: .json)
        let text =
            #"{"choices":[{"message":{"role":"assistant","content":"Hi"},"finish_reason":"stop"}],"#
            + #""usage":\#(usage)}"#
        Array(text.utf8).withUnsafeBytes { meter.take($0) }
        return meter.finish()
    }

    /// One object in which each number is there or not, and nearly fits the others or not.
    private func randomUsage(_ random: inout SplitMix) -> String {
        let prompt = random.below(50)
        let completion = random.below(50)
        let reasoning = random.below(30)
        func near(_ value: Int) -> Int { random.below(3) == 0 ? random.below(120) : value }
        var members: [String] = []
        func add(_ text: String, outOf chances: Int = 3) {
            if random.below(chances) != 0 { members.append(text) }
        }
        add("\"prompt_tokens\":\(near(prompt))", outOf: 6)
        add("\"completion_tokens\":\(near(completion))", outOf: 6)
        if random.below(4) == 0 { members.append("\"input_tokens\":\(near(prompt))") }
        if random.below(4) == 0 { members.append("\"output_tokens\":\(near(completion))") }
        add("\"total_tokens\":\(near(prompt + completion + (random.below(4) == 0 ? reasoning : 0)))")
        add("\"completion_tokens_details\":{\"reasoning_tokens\":\(near(reasoning))}")
        add("\"prompt_tokens_details\":{\"cached_tokens\":\(near(random.below(prompt + 1)))}")
        return "{" + members.joined(separator: ",") + "}"
    }

    @Test func `no usage that contradicts itself is exact, and none is charged less than it says`() throws {
        var random = SplitMix(state: 7_331)
        var exact = 0
        for _ in 0..<20_000 {
            let text = randomUsage(&random)
            let object = try #require(
                try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
            let reading = reading(text)
            guard let usage = reading.usage else { continue }
            if Contradiction.isIn(object) { #expect(!reading.isExact, "\(text)") }
            exact += reading.isExact ? 1 : 0
            func most(_ names: String...) -> Int64 {
                names.compactMap { (object[$0] as? NSNumber)?.int64Value }.max() ?? 0
            }
            #expect(usage.prompt >= most("prompt_tokens", "input_tokens"), "\(text)")
            #expect(usage.completion >= most("completion_tokens", "output_tokens"), "\(text)")
            #expect(usage.tokens >= most("total_tokens"), "\(text)")
            #expect(usage.cachedPrompt <= usage.prompt && usage.reasoning <= usage.completion, "\(text)")
        }
        #expect(exact > 1000)
    }

    @Test func `no answer comes to more than 100,000,000 tokens of a class`() {
        let usage = reading(
            #"{"prompt_tokens":1e15,"completion_tokens":999999999999999,"#
                + #""completion_tokens_details":{"reasoning_tokens":1e300}}"#
        )
        #expect(usage.usage?.prompt == 100_000_000 && usage.usage?.completion == 100_000_000)
        #expect(usage.usage?.reasoning == 100_000_000 && !usage.isExact)
    }

    @Test(arguments: ["-1", "1.5", "true", "\"4\"", "[4]", "{}", "1e99", "nope"])
    func `a count that is no whole number is not exact`(count: String) {
        #expect(!reading(#"{"prompt_tokens":3,"completion_tokens":4,"total_tokens":\#(count)}"#).isExact)
        #expect(
            !reading(
                #"{"prompt_tokens":3,"completion_tokens":4,"#
                    + #""prompt_tokens_details":{"cached_tokens":\#(count)}}"#
            ).isExact)
    }

    @Test(arguments: ["null", "0"])
    func `a class that is not told contradicts nothing`(count: String) {
        #expect(
            reading(
                #"{"prompt_tokens":3,"completion_tokens":4,"#
                    + #""prompt_tokens_details":{"cached_tokens":\#(count)}}"#
            ).isExact)
    }
}
