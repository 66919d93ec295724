import Domain
import Testing

@testable import Gateway

/// What a bound needs of a body: numbers, terms, and what leaves it open.
struct BodyKeysTests {
    private func peek(_ body: String) throws(Rejection) -> BodyPeek {
        try Array(body.utf8).withUnsafeBytes { bytes in
            Result { () throws(Rejection) in try BodyPeek.peek(bytes) }
        }.get()
    }

    @Test func `the numbers are read with their places`() throws {
        let body =
            #"{"max_tokens":12,"max_completion_tokens": 0 ,"max_output_tokens":null,"n":3,"best_of":1.0}"#
        let peek = try peek(body)

        #expect(peek.maxTokens == .number(12, at: 14..<16))
        #expect(peek.maxCompletionTokens == .unreadable(at: 42..<43), "some upstreams take it for no maximum")
        #expect(peek.maxOutputTokens == .absent)
        #expect(peek.choices == .number(3, at: 74..<75))
        #expect(peek.bestOf == .unreadable(at: body.utf8.count - 4..<body.utf8.count - 1))
    }

    @Test(arguments: ["-1", "1e3", "1.0", "\"5\"", "true", "[]", "1234567890123456789"])
    func `a number that is no plain one is not guessed`(value: String) throws {
        let peek = try peek(#"{"max_tokens":\#(value)}"#)

        #expect(peek.maxTokens == .unreadable(at: 14..<14 + value.utf8.count))
    }

    @Test(arguments: BodyPeek.Key.allCases)
    func `each key is found, and refused when it is met twice in any spelling`(key: BodyPeek.Key) {
        let name = key.rawValue
        let capital = name.uppercased()
        let escaped = name.replacing(/^./) { "\\u00" + String($0.output.utf8.first ?? 0, radix: 16) }
        for (first, second) in [(name, name), (name, capital), (capital, name), (escaped, name)] {
            let body = #"{"\#(first)":1,"x":2,"\#(second)":1}"#
            #expect(throws: Rejection.duplicateKey(name), "\(body)") { try peek(body) }
        }
        #expect(throws: Never.self) { try peek(#"{"\#(name)":null,"\#(name)x":1,"x\#(name)":1}"#) }
    }

    @Test(
        arguments: [
            (#"{"stream_options":{"include_usage":true}}"#, true, true),
            (#"{"stream_options":{"a":[1],"include_usage" : false }}"#, true, false),
            (#"{"stream_options":{"include\u005fusage":true}}"#, true, nil),
            (#"{"stream_options":{"INCLUDE_USAGE":true}}"#, true, nil),
            (#"{"stream_options":{}}"#, true, nil),
            (#"{"stream_options":null}"#, false, nil), (#"{"stream_options":1}"#, false, nil),
        ] as [(String, Bool, Bool?)])
    func `stream options are told with their place`(body: String, isObject: Bool, includes: Bool?) throws {
        let options = try #require(try peek(body).streamOptions)

        #expect(options.range == 18..<body.utf8.count - 1)
        #expect(options.isObject == isObject)
        #expect(options.includesUsage == includes)
    }

    @Test func `usage asked for twice is refused`() {
        #expect(throws: Rejection.duplicateKey("stream_options.include_usage")) {
            try peek(#"{"stream_options":{"include_usage":true,"Include_Usage":false}}"#)
        }
    }

    @Test(arguments: [
        (#"{"service_tier":"auto"}"#, ServiceTier.standard, false),
        (#"{"service_tier":null}"#, .standard, false),
        (#"{"service_tier":"fast"}"#, .priority, false), (#"{"service_tier":"fl\u0065x"}"#, .unknown, false),
        (#"{"service_tier":7}"#, .unknown, false),
        (#"{"prompt_cache_options":{"ttl":"12h"}}"#, .standard, true),
        (#"{"prompt_cache_options":{"ttl":"30m"}}"#, .standard, false),
        (#"{"prompt_cache_options":{"ttl":"\u00312h"}}"#, .standard, true),
    ])
    func `the terms are read`(body: String, tier: ServiceTier, keepsCacheLong: Bool) throws {
        #expect(try peek(body).terms == ModelPrice.Terms(tier: tier, keepsCacheLong: keepsCacheLong))
    }

    @Test(
        arguments: [
            (#"{"messages":[{"role":"user","content":"image_url file_id"}]}"#, []),
            (
                #"{"messages":[{"role":"tool","tool_call_id":"x","content":[{"type":"text","text":"a"}]}]}"#,
                []
            ),
            (#"{"messages":[{"content":[{"type":"image_url","image_url":{"url":"x"}}]}]}"#, .image),
            (#"{"messages":[{"content":[{"type":"image_url","Image_URL":"x"}]}]}"#, .image),
            (#"{"messages":[{"content":[{"type":"file","file":{"file_id":"x"}}]}]}"#, .file),
            (#"{"messages":[{"content":[{"type":"input_audio","input_audio":{"data":"x"}}]}]}"#, .audio),
            (#"{"messages":[{"role":"assistant","audio":{"id":"x"}}]}"#, .audio),
            (#"{"messages":[{"c\u006fntent":"x"}]}"#, .unreadable),
            (#"{"input":"image_url"}"#, []), (#"{"input":[{"role":"user","content":"x"}]}"#, []),
            (#"{"input":[{"type":"function_call_output","call_id":"x","output":"id"}]}"#, []),
            (#"{"input":[{"type":"item_reference","id":"x"}]}"#, .storedItem),
            (#"{"input":[{"content":[{"type":"input_file","file_url":"x"}]}]}"#, .file),
            (#"{"input":[{"content":[{"type":"input_file","file_data":"x"}]}]}"#, .file),
            (#"{"input":[{"type":"image_generation_call","result":"x"}]}"#, .image),
            (#"{"input":[{"type":"additional_tools","tools":[]}]}"#, .builtInTool),
            (
                #"{"tools":[{"type":"function","function":{"parameters":{"type":"object"}}},"#
                    + #"{"type":"custom"}]}"#,
                []
            ),
            (#"{"tools":[{"parameters":{"image_url":{"type":"string"}},"type":"function"}]}"#, []),
            (#"{"tools":[{"type":"web_search"}]}"#, .builtInTool),
            (#"{"tools":[{"type" : "mcp"}]}"#, .builtInTool), (#"{"tools":[{"type":1}]}"#, .builtInTool),
            (#"{"tools":[{"t\u0079pe":"mcp"}]}"#, [.builtInTool, .otherModel]),
            (#"{"tools":[{"type":"function","model":"m"}]}"#, .otherModel),
            (#"{"tools":[{"type":"function","parameters":{"model":1}}]}"#, []),
            (#"{"models":["m"]}"#, .otherModel), (#"{"Models":["m"]}"#, .otherModel),
            (#"{"fallbacks":["m"]}"#, .otherModel), (#"{"models":null}"#, []),
            (#"{"tools":[{"type":"function","type":"mcp"}]}"#, .builtInTool),
            (#"{"tools":null}"#, []), (#"{"web_search_options":{}}"#, .builtInTool),
            (#"{"previous_response_id":"x"}"#, .previousResponse), (#"{"previous_response_id":null}"#, []),
            (#"{"conversation":"x"}"#, .conversation), (#"{"prompt":{"id":"x"}}"#, .storedPrompt),
            (#"{"prompt":"text"}"#, []), (#"{"prompt":[1,2]}"#, []), (#"{"background":true}"#, .background),
            (#"{"background":false}"#, []), (#"{"modalities":["text"]}"#, []),
            (#"{"modalities":["text","audio"]}"#, .audio), (#"{"audio":{"voice":"x"}}"#, .audio),
            (#"{"Max_Tokens":5}"#, .unreadable), (#"{"x":{"image_url":1}}"#, []),
        ] as [(String, OpenEnds)])
    func `what has no bound is noted`(body: String, openEnds: OpenEnds) throws {
        #expect(try peek(body).openEnds == openEnds)
    }

    @Test func `what images and files weigh is told`() throws {
        let data = String(repeating: "A", count: 1000)
        let peek = try peek(
            """
            {"messages":[{"content":[{"type":"text","text":"hello"},
            {"type":"image_url","image_url":{"url":"data:\(data)","detail":"low"}},
            {"type":"file","file":{"file_data":"\(data)","filename":"x"}}]}],"x":"\(data)"}
            """)

        #expect(peek.mediaCount == 2)
        #expect(peek.mediaBytes == 2000 + 5 + 4)
    }
}
