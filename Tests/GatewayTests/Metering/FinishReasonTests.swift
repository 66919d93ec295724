import Domain
import Testing

@testable import Gateway

/// Whether a stream has said why its output ended, while it goes on.
struct FinishReasonTests {
    private func chunk(_ text: String, _ reason: String) -> String {
        #"data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"#
            + #""delta":{"content":"\#(text)"},"logprobs":null,"finish_reason":\#(reason)}],"usage":null}"#
            + "\n\n"
    }

    /// The number of the byte behind which the reason is known; nil where it is not.
    private func moment(_ text: String, by size: Int) -> Int? {
        let meter = UsageMeter(.chatCompletions, form: .events)
        let bytes = Array(text.utf8)
        for start in stride(from: 0, to: bytes.count, by: size) {
            Array(bytes[start..<min(start + size, bytes.count)]).withUnsafeBytes { meter.take($0) }
            if meter.hasFinishReason { return start }
        }
        return nil
    }

    @Test func `it is known with the chunk that has it, in whatever pieces it comes`() {
        let before = chunk("a", "null") + chunk("b", "null") + chunk("c", "null") + chunk("d", "\"\"")
        for end in [chunk("", "\"stop\""), chunk("e", "\"length\""), chunk("f", "\"tool_calls\"")] {
            let text = before + end + chunk("g", "null")
            let start = before.utf8.count
            for size in [1, 2, 7, 64] {
                let moment = moment(text, by: size)
                #expect(moment.map { $0 >= start - size && $0 < start + end.utf8.count } == true, "\(size)")
            }
            #expect(moment(text, by: text.utf8.count) == 0)
        }
        #expect(moment(before, by: 1) == nil && moment(before, by: 4096) == nil)
    }

    @Test(arguments: [
        #"{"choices":[{"delta":{"content":"{\"finish_reason\":\"stop\"}"},"finish_reason":null}]}"#,
        #"{"choices":[{"delta":{"tool_calls":[{"finish_reason":"stop"}]}}]}"#,
        #"{"finish_reason":"stop","choices":[]}"#, #"{"choices":[{"x":["finish_reason","stop"]}]}"#,
        #"{"choices":[{"delta":{"content":"finish_reason"},"x":"stop"}]}"#,
    ])
    func `the same words elsewhere are no reason`(data: String) {
        for size in [1, 4096] { #expect(moment("data: \(data)\n\n", by: size) == nil) }
    }

    @Test(arguments: [
        #"{"choices":[{"finish_reason":"stop","delta":{"content":"x"}}]}"#,
        #"{"choices": [ { "index" : 0, "finish_reason" : "stop" } ]}"#,
        #"{"choices":[{"delta":{}},{"finish_reason":"stop"}]}"#,
    ])
    func `it counts wherever it is in a choice`(data: String) {
        for size in [1, 3, 4096] { #expect(moment("data: \(data)\n\n", by: size) != nil) }
    }

    @Test func `a reason in front of the text is not lost to an event like the one before`() {
        func odd(_ reason: String) -> String {
            #"data: {"choices":[{"finish_reason":"\#(reason)","delta":{"content":"x"}}]}"# + "\n\n"
        }
        #expect(moment(odd("") + odd("") + odd(""), by: 4096) == nil)
        #expect(moment(odd("") + odd("") + odd("stop"), by: 4096) == 0)
    }

    @Test func `what a stream told beside output is final only at its end`() {
        let text =
            #"data: {"choices":[{"index":0,"delta":{"content":"x"},"finish_reason":"stop"}],"#
            + #""usage":{"prompt_tokens":3,"completion_tokens":4,"total_tokens":7}}"# + "\n\n"
        func reading(_ text: String, isComplete: Bool) -> UsageReading {
            let meter = UsageMeter(.chatCompletions, form: .events)
            Array(text.utf8).withUnsafeBytes { meter.take($0) }
            return meter.finish(isComplete: isComplete)
        }
        // Another choice may still be written.
        let left = reading(text, isComplete: false)
        #expect(left.usage == nil && left.completionSoFar == 4)
        #expect(reading(text, isComplete: true).usage == Usage(prompt: 3, completion: 4))
        #expect(reading(text + "data: [DONE]\n\n", isComplete: false).usage?.completion == 4)
    }
}
