import Domain
import Testing

@testable import Gateway

/// The most a request can come to, and what is charged when nobody says.
struct UsageBoundTests {
    private let price = ModelPrice(
        standard: .init(
            rates: TokenRates(
                prompt: Money(nanoUSD: 2_000_000_000), cachedPrompt: Money(nanoUSD: 500_000_000),
                audioPrompt: Money(nanoUSD: 40_000_000_000), completion: Money(nanoUSD: 8_000_000_000))),
        completionLimit: 1000)

    private func peek(_ body: String) throws(Rejection) -> BodyPeek {
        try Array(body.utf8).withUnsafeBytes { bytes in
            Result { () throws(Rejection) in try BodyPeek.peek(bytes, measuresInput: true) }
        }.get()
    }

    private func bound(
        _ consumption: Consumption, _ body: String, price: ModelPrice? = nil, limit: Int64? = nil
    ) throws -> UsageBound {
        UsageBound(
            of: consumption, peek: try peek(body), bodyBytes: body.utf8.count, price: price ?? self.price,
            outputLimit: limit, defaults: .init(completionLimit: 5000))
    }

    @Test(arguments: [
        (Consumption.chat, #"{"model":"m"}"#, 1000), (.chat, #"{"max_tokens":10}"#, 10),
        (.chat, #"{"max_completion_tokens":10}"#, 10),
        (.chat, #"{"max_completion_tokens":10,"max_tokens":20}"#, 20),
        (.chat, #"{"max_completion_tokens":10,"max_tokens":"x"}"#, 1000),
        (.chat, #"{"max_tokens":10,"n":3}"#, 30), (.chat, #"{"max_tokens":10,"n":0}"#, 10),
        (.chat, #"{"max_tokens":10,"n":3.0}"#, 1280), (.chat, #"{"max_tokens":10,"n":null}"#, 10),
        (.chat, #"{"max_output_tokens":10}"#, 1000), (.chat, #"{"n":9223372036854775807}"#, 128_000),
        (.completion, #"{"max_tokens":10,"n":2,"best_of":5}"#, 50),
        (.completion, #"{"max_completion_tokens":1}"#, 1000),
        (.completion, #"{"max_tokens":10,"prompt":["a","b]\",","c"]}"#, 30),
        (.completion, #"{"max_tokens":10,"n":2,"prompt":[[1,2],[3],[]]}"#, 60),
        (.completion, #"{"max_tokens":10,"prompt":[1,2,3]}"#, 10),
        (.completion, #"{"max_tokens":10,"prompt":[]}"#, 10),
        (.completion, #"{"max_tokens":10,"prompt":"a"}"#, 10),
        (.response, #"{"max_output_tokens":10,"n":4}"#, 10), (.response, #"{"max_tokens":10}"#, 1000),
        (.embedding, #"{"max_tokens":10}"#, 0), (.image, #"{"prompt":"x","n":2}"#, 2600),
    ])
    func `completion tokens are bounded by what is asked for, else by the model`(
        consumption: Consumption, body: String, completion: Int64
    ) throws {
        let bound = try bound(consumption, body)

        #expect(bound.completion == completion)
        #expect(bound.prompt == Int64(body.utf8.count) + UsageBound.allowance)
        #expect(bound.isHard)
        // A picture's prompt counts at the dearest class of the input.
        let most = bound.prompt * (consumption == .image ? 40_000 : 2000) + bound.completion * 8000
        #expect(
            bound.charge == Charge(requests: 1, tokens: bound.prompt + completion, cost: Money(nanoUSD: most))
        )
    }

    @Test(arguments: [
        (Consumption.chat, #"{"max_tokens":10,"N":2}"#, 1280), (.chat, #"{"Max_Tokens":10}"#, 1000),
        (.chat, #"{"max_tokens":10,"Max_Completion_Tokens":20}"#, 1000),
        (.completion, #"{"max_tokens":10,"Best_Of":2}"#, 1280),
        (.response, #"{"MAX_OUTPUT_TOKENS":1}"#, 1000),
    ])
    func `a number whose key has other letters bounds nothing`(
        consumption: Consumption, body: String, completion: Int64
    ) throws {
        #expect(try bound(consumption, body).completion == completion)
    }

    @Test func `a model of no known limit has the one that is set`() throws {
        let bound = try bound(
            .chat, "{}", price: ModelPrice(prompt: Money(nanoUSD: 1), completion: Money(nanoUSD: 1)))

        #expect(bound.completion == 5000)
    }

    @Test func `a cap bounds each choice`() throws {
        #expect(try bound(.chat, #"{"n":2}"#, limit: 7).completion == 14)
        #expect(try bound(.chat, #"{"n":2,"max_tokens":3}"#, limit: 7).completion == 6)
    }

    @Test func `a prediction may be charged as output too`() throws {
        let body = #"{"max_tokens":10,"prediction":{"type":"content","content":"hello"}}"#

        #expect(try bound(.chat, body).completion == 10 + Int64(body.utf8.count))
    }

    @Test func `media makes the bound a floor, at the dearest price`() throws {
        let data = String(repeating: "A", count: 100_000)
        let head = #"{"max_tokens":1,"messages":[{"content":[{"input_audio":{"data":"#
        let bound = try bound(.chat, head + "\"\(data)\"" + "}}]}]}")

        #expect(bound.openEnds == .audio)
        #expect(bound.openEnds.reason == "audio")
        #expect(bound.prompt == Int64(head.utf8.count) + 6 + UsageBound.allowance + UsageBound.mediaFloor)
        #expect(bound.cost == Money(nanoUSD: bound.prompt * 40_000 + 8000))
    }

    @Test func `free requests bound nothing but themselves`() throws {
        let bound = try bound(.free, #"{"max_tokens":10}"#)

        #expect(bound.charge == Charge(requests: 1, tokens: 0, cost: .zero))
        #expect(bound.isHard)
    }

    @Test(arguments: [
        (Consumption.run, OpenEnds.thread), (.batch, .batch), (.other, .unmetered), (.imageEdit, .image),
        (.transcription, .audio), (.speech, .audio),
    ])
    func `what lies elsewhere has no bound`(consumption: Consumption, openEnds: OpenEnds) throws {
        #expect(try bound(consumption, #"{"input":"hello"}"#).openEnds == openEnds)
    }

    @Test func `a body that was not held has no bound`() {
        let bound = UsageBound(of: .chat, peek: BodyPeek(), isHeld: false, bodyBytes: 100, price: price)

        #expect(bound.openEnds == .unread)
        #expect(bound.prompt == 164)
        #expect(bound.cost > .zero)
    }

    @Test func `a model that searches of itself has no bound`() throws {
        let searching = ModelPrice(
            standard: price.standard, completionLimit: 10, readsMore: true)

        #expect(try bound(.chat, "{}", price: searching).openEnds == .model)
    }

    @Test func `speech is bounded by its characters`() throws {
        let speech = ModelPrice(
            standard: .init(rates: .free), characters: Money(nanoUSD: 15_000_000_000))
        let bound = try bound(.speech, #"{"input":"hello","voice":"x"}"#, price: speech)

        #expect(bound.isHard)
        #expect(bound.cost == Money(nanoUSD: 75_000))
        let estimate = UsageEstimate(
            within: bound, seen: .init(contentBytes: 9999, pieces: 0), nanoseconds: 0,
            tokensPerSecond: 3000, price: speech)
        #expect(estimate.cost == bound.cost)
    }

    @Test(arguments: [
        (#"{"input":"hello"}"#, 5, 5), (#"{"input":"你好，世界"}"#, 5, 15),
        (#"{"input":"\u4f60\u597d\uff0c\u4e16\u754c"}"#, 5, 15), (#"{"input":"\ud83d\ude00\n\""}"#, 3, 6),
        ("{\"input\":\"😀é\"}", 2, 6), (#"{"input":""}"#, 0, 0), (#"{"input":null}"#, 0, 0), ("{}", 0, 0),
        // No text: as it is written.
        (#"{"input":"\ud83d"}"#, 8, 8), (#"{"input":["a"]}"#, 5, 5),
    ])
    func `speech is charged by characters, however the body spells them`(
        _ body: String, _ characters: Int64, _ bytes: Int64
    ) throws {
        let speech = ModelPrice(
            standard: .init(rates: .free), characters: Money(nanoUSD: 15_000_000_000))
        let exact = try bound(.speech, body, price: speech)
        #expect(exact.cost == Money(nanoUSD: 15_000 * characters) && exact.prompt == characters)
        #expect(exact.isHard)
        // A token is never less than a byte of the text.
        let tokens = try bound(.speech, body)
        #expect(tokens.prompt == bytes && tokens.completion == 2 * bytes)
    }

    @Test func `a recording is taken for speech`() {
        let whisper = ModelPrice(standard: .init(rates: .free), audioMinute: Money(nanoUSD: 6_000_000))
        let bound = UsageBound(
            of: .transcription, peek: BodyPeek(), isHeld: false, bodyBytes: 240_000, price: whisper)

        #expect(bound.audioMilliseconds == 60_000)
        #expect(bound.cost == Money(nanoUSD: 6_000_000))
        #expect(bound.openEnds == [.audio, .unread])
    }

    private func estimate(
        _ bound: UsageBound, _ seen: UsageEstimate.Seen?, milliseconds: Int64, rate: Int64 = 1000
    ) -> UsageEstimate {
        UsageEstimate(
            within: bound, seen: seen, nanoseconds: milliseconds * 1_000_000, tokensPerSecond: rate,
            price: price)
    }

    @Test func `what was not told is what can have been generated, within the bound`() throws {
        let bound = try bound(.chat, #"{"max_tokens":10000}"#)
        let prompt = bound.prompt
        func usage(_ seen: UsageEstimate.Seen?, _ milliseconds: Int64) -> Usage {
            estimate(bound, seen, milliseconds: milliseconds).usage
        }

        #expect(usage(nil, 0) == Usage(prompt: prompt, completion: 1000))
        #expect(usage(nil, 1) == Usage(prompt: prompt, completion: 1001))
        #expect(usage(.init(contentBytes: 9, pieces: 1), 2500) == Usage(prompt: prompt, completion: 3500))
        #expect(usage(nil, 60_000) == Usage(prompt: prompt, completion: 10_000))
        #expect(usage(nil, .max / 1_000_000) == Usage(prompt: prompt, completion: 10_000))
        // More was seen than the rate allows.
        let quarter = (prompt + 3) / 4
        #expect(usage(.init(contentBytes: 0, pieces: 5000), 0) == Usage(prompt: quarter, completion: 5000))
        #expect(
            usage(.init(contentBytes: 90_000, pieces: 7), 0) == Usage(prompt: quarter, completion: 10_000))
        #expect(
            estimate(bound, nil, milliseconds: 0).cost
                == price.bound(prompt: prompt, completion: 1000, withMedia: false, on: .init()))
        #expect(estimate(bound, nil, milliseconds: 60_000).cost == bound.cost)
    }

    @Test func `every choice is generated at that speed, and a prediction may count as a whole`() throws {
        let choices = try bound(.chat, #"{"max_tokens":10000,"n":3}"#)
        #expect(estimate(choices, nil, milliseconds: 1000).usage.completion == 6000)
        let body = #"{"max_tokens":10000,"prediction":{"type":"content","content":"abc"}}"#
        let predicted = try bound(.chat, body)
        #expect(
            estimate(predicted, nil, milliseconds: 0).usage.completion == 1000 + Int64(body.utf8.count))
    }

    @Test(
        arguments: [
            (
                .chat,
                #"{"max_tokens":500,"messages":[{"role":"user","content":[{"type":"image_url","#
                    + #""image_url":{"url":"x"}}]}]}"#
            ),
            (.response, #"{"max_output_tokens":500,"previous_response_id":"resp_1"}"#),
            (.response, #"{"max_output_tokens":500,"tools":[{"type":"web_search"}]}"#),
            (.chat, #"{"max_tokens":500,"audio":{}}"#), (.run, #"{"max_completion_tokens":500}"#),
            (.image, #"{"n":1}"#), (.imageEdit, "{}"),
        ] as [(Consumption, String)])
    func `what has no bound is charged its reservation, or what was seen`(
        consumption: Consumption, body: String
    ) throws {
        let bound = try bound(consumption, body)
        let some = estimate(bound, .init(contentBytes: 8, pieces: 2), milliseconds: 0, rate: 1)
        #expect(some.usage == Usage(prompt: bound.prompt, completion: bound.completion))
        #expect(some.cost == bound.cost)
        guard !bound.isHard else { return }
        let most = estimate(bound, .init(contentBytes: 0, pieces: 1_000_000), milliseconds: 0)
        #expect(most.usage.completion == 1_000_000 && most.cost >= bound.cost)
    }

    @Test func `no usage that keeps to a request exceeds its bound`() throws {
        var random = SystemRandomNumberGenerator()
        let table = try PriceTable.shipped()
        for _ in 0..<5000 {
            let (id, price) = try #require(table.prices.randomElement(using: &random))
            let most = Int64.random(in: 1...4000, using: &random)
            let choices = Int64.random(in: 1...4, using: &random)
            let tier = try #require(["auto", "flex", "fast", "ultrafast"].randomElement(using: &random))
            let text = String(repeating: "é", count: Int.random(in: 0...2000, using: &random))
            let body =
                #"{"model":"\#(id)","service_tier":"\#(tier)","n":\#(choices),"max_tokens":\#(most),"#
                + #""messages":[{"role":"user","content":"\#(text)"}]}"#
            let peek = try peek(body)
            let bound = UsageBound(of: .chat, peek: peek, bodyBytes: body.utf8.count, price: price)
            // At worst every byte of the text is a token, and the message has its frame.
            var usage = Usage(
                prompt: Int64.random(in: 0...Int64(text.utf8.count) + 7, using: &random),
                completion: Int64.random(in: 0...most * choices, using: &random))
            usage.cachedPrompt = Int64.random(in: 0...usage.prompt, using: &random)
            usage.cacheWritePrompt = usage.prompt - usage.cachedPrompt
            let served = Bool.random(using: &random) ? peek.terms : ModelPrice.Terms()

            #expect(usage.tokens <= bound.charge.tokens)
            #expect(price.cost(of: usage, on: served) <= bound.cost, "\(body)")
        }
    }
}
