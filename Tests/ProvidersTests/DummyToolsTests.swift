import Domain
import Testing

@testable import Providers

/// Which tools the dummy provider calls, and how.
struct DummyToolsTests {
    private static let tools =
        #""tools":[{"type":"function","function":{"name":"weather","parameters":{"type":"object","#
        + #""properties":{"#
        + #""city":{"type":"string"}},"required":["city"]}}},{"type":"function","function":{"name":"time"}}]"#

    private func choice(_ more: String, _ messages: String = #"[{"role":"user","content":"hi"}]"#) throws
        -> JSONValue
    {
        let body = #"{"model":"dummy","messages":\#(messages),\#(Self.tools)\#(more)}"#
        let answer = try DummyProvider().json("POST", "/v1/chat/completions", body)
        return try #require(answer["choices"]?.elements?.first)
    }

    private func names(_ choice: JSONValue) -> [String] {
        (choice["message"]?["tool_calls"]?.elements ?? []).compactMap { $0["function"]?["name"]?.string }
    }

    @Test func `the first tool is called, with arguments that its schema allows`() throws {
        let choice = try choice("")
        let call = try #require(choice["message"]?["tool_calls"]?.elements?.first)

        #expect(names(choice) == ["weather"])
        #expect(call["function"]?["arguments"] == #"{"city":"city"}"#)
        #expect(call["type"] == "function")
        #expect(choice["message"]?["content"] == .null)
        #expect(choice["finish_reason"] == "tool_calls")
    }

    @Test(
        arguments: [
            (#"use time, please"#, "", ["time"]),
            (#"time and weather"#, "", ["weather", "time"]),
            (#"time and weather"#, #","parallel_tool_calls":false"#, ["weather"]),
            (#"time"#, #","tool_choice":"none""#, []),
            (#"time"#, #","tool_choice":{"type":"function","function":{"name":"weather"}}"#, ["weather"]),
            (
                #"weather"#,
                #","tool_choice":{"type":"allowed_tools","allowed_tools":{"mode":"auto","#
                    + #""tools":[{"type":"function","function":{"name":"time"}}]}}"#,
                ["time"]
            ),
        ] as [(String, String, [String])])
    func `the message and tool_choice say which`(message: String, more: String, called: [String]) throws {
        let choice = try choice(more, #"[{"role":"user","content":"\#(message)"}]"#)

        #expect(names(choice) == called)
        #expect((choice["message"]?["content"]?.string != nil) == called.isEmpty)
    }

    @Test func `what a tool returned is answered in words, unless a call is required`() throws {
        let messages = #"[{"role":"user","content":"hi"},{"role":"tool","tool_call_id":"x","content":"3"}]"#

        #expect(try choice("", messages)["finish_reason"] == "stop")
        #expect(try choice("", messages)["message"]?["tool_calls"] == nil)
        #expect(try names(choice(#","tool_choice":"required""#, messages)) == ["weather"])
    }

    @Test func `a tool that is not offered cannot be chosen`() {
        let body =
            #"{"model":"dummy","messages":[{"role":"user"}],\#(Self.tools),"#
            + #""tool_choice":{"type":"function","function":{"name":"x"}}}"#

        #expect(DummyProvider().answer("POST", "/v1/chat/completions", body).status == 400)
    }

    @Test func `a stream builds a call up from its name and pieces of its arguments`() throws {
        let body =
            #"{"model":"dummy","messages":[{"role":"user","content":"time weather"}],"stream":true,"#
            + #"\#(Self.tools)}"#
        let events = try DummyProvider().answer("POST", "/v1/chat/completions", body).events()
        let deltas = events.flatMap {
            $0["choices"]?.elements?.first?["delta"]?["tool_calls"]?.elements ?? []
        }
        let first = deltas.filter { $0["id"] != nil }
        let arguments = deltas.filter { $0["index"] == 0 }.compactMap { $0["function"]?["arguments"]?.string }

        #expect(first.map { $0["function"]?["name"]?.string } == ["weather", "time"])
        #expect(first.map { $0["index"]?.integer } == [0, 1])
        #expect(arguments.count > 2)
        #expect(arguments.joined() == #"{"city":"city"}"#)
        #expect(events.last?["choices"]?.elements?.first?["finish_reason"] == "tool_calls")
    }

    @Test func `a bound cuts a call off, and is kept to in the usage`() throws {
        let body =
            #"{"model":"dummy","messages":[{"role":"user"}],"max_completion_tokens":1,\#(Self.tools)}"#
        let answer = try DummyProvider().json("POST", "/v1/chat/completions", body)

        #expect(answer["choices"]?.elements?.first?["finish_reason"] == "length")
        #expect(answer["usage"]?["completion_tokens"] == 1)
    }

    @Test func `an answer ends before a stop, and says so as often as it was asked`() throws {
        let body =
            #"{"model":"dummy","messages":[{"role":"user","content":"x"}],"n":3,"stop":[" from","provider"]}"#
        let answer = try DummyProvider().json("POST", "/v1/chat/completions", body)
        let choices = try #require(answer["choices"]?.elements)

        #expect(choices.map { $0["message"]?["content"] } == Array(repeating: "This answer comes", count: 3))
        #expect(choices.map { $0["index"]?.integer } == [0, 1, 2])
        #expect(choices.allSatisfy { $0["finish_reason"] == "stop" })
        #expect(answer["usage"]?["completion_tokens"] == 9)
    }

    @Test func `an answer is bounded in choices and words`() {
        let many = #"{"model":"dummy-length-10000","messages":[{"role":"user","content":"x"}],"n":3}"#

        #expect(DummyProvider().answer("POST", "/v1/chat/completions", many).status == 400)
    }
}
