import Domain
import Testing

@testable import Gateway

/// How a cap on output changes a body, or refuses it.
struct OutputPlanTests {
    /// The body as it would be sent, or the key that is refused.
    private func sent(
        _ cap: String?, _ consumption: Consumption, _ body: String
    ) throws -> String {
        let bytes = Array(body.utf8)
        return try bytes.withUnsafeBytes { raw in
            let peek = try Result { () throws(Rejection) in try BodyPeek.peek(raw) }.get()
            let plan: OutputPlan
            do throws(OutputPlan.Exceeded) {
                plan = try OutputPlan(cap.flatMap { OutputCap($0) }, for: consumption, peek: peek)
            } catch {
                return "refused: \(error.key.rawValue)"
            }
            var edited = bytes
            var edits = [plan.first, plan.second].compactMap(\.self)
            if plan.isToBeNamed, let limit = plan.limit,
                let edit = OutputPlan.edit(naming: limit, for: consumption, peek, raw)
            {
                edits.append(edit)
            }
            for edit in edits.sorted(by: { $0.range.lowerBound > $1.range.lowerBound }) {
                edited.replaceSubrange(edit.range, with: edit.replacement)
            }
            return String(decoding: edited, as: UTF8.self)
        }
    }

    @Test(
        arguments: [
            ("9:clamp", Consumption.chat, #"{"max_tokens":10}"#, #"{"max_tokens":9}"#),
            ("9:clamp", .chat, #"{"max_tokens":9}"#, #"{"max_tokens":9}"#),
            ("9:clamp", .chat, #"{"max_tokens": 1e9 }"#, #"{"max_tokens": 9 }"#),
            ("9:clamp", .chat, #" {"a":1}"#, #" {"max_completion_tokens":9,"a":1}"#),
            ("9:clamp", .completion, #"{"a":1}"#, #"{"max_tokens":9,"a":1}"#),
            ("9:clamp", .response, #"{"a":1}"#, #"{"max_output_tokens":9,"a":1}"#),
            ("9:clamp", .chat, #"{"max_completion_tokens":null}"#, #"{"max_completion_tokens":9}"#),
            (
                "9:clamp", .chat, #"{"max_tokens":50,"x":1,"max_completion_tokens":10}"#,
                #"{"max_tokens":9,"x":1,"max_completion_tokens":9}"#
            ),
            (
                "9:clamp", .chat, #"{"max_tokens":50,"max_completion_tokens":5}"#,
                #"{"max_tokens":9,"max_completion_tokens":5}"#
            ),
            ("9:clamp", .chat, #"{"max_tokens":50,"n":2}"#, #"{"max_tokens":4,"n":2}"#),
            ("9:clamp", .chat, #"{"n":10,"max_tokens":1}"#, "refused: n"),
            ("9:clamp", .embedding, #"{"max_tokens":50}"#, #"{"max_tokens":50}"#),
            ("9:clamp", .response, #"{"max_output_tokens":50}"#, #"{"max_output_tokens":9}"#),
            ("9", .chat, #"{"max_tokens":10}"#, "refused: max_tokens"),
            ("9", .chat, #"{"max_tokens":"10"}"#, "refused: max_tokens"),
            ("9", .chat, #"{"max_tokens":5,"n":2}"#, "refused: max_tokens"),
            ("9", .chat, #"{"max_tokens":9}"#, #"{"max_tokens":9}"#),
            ("9", .chat, #"{"a":1}"#, #"{"max_completion_tokens":9,"a":1}"#),
            ("9", .chat, #"{"max_tokens":0}"#, "refused: max_tokens"),
            ("9", .chat, #"{"max_completion_tokens": 0}"#, "refused: max_completion_tokens"),
            ("9", .chat, #"{"max_completion_tokens":5,"max_tokens":0}"#, "refused: max_tokens"),
            ("9", .completion, #"{"max_tokens":00}"#, "refused: max_tokens"),
            ("9", .response, #"{"max_output_tokens":0}"#, "refused: max_output_tokens"),
            ("9", .run, #"{"max_completion_tokens":0}"#, "refused: max_completion_tokens"),
            ("9", .chat, #"{"max_tokens":-1}"#, "refused: max_tokens"),
            ("9", .chat, #"{"max_tokens":-0}"#, "refused: max_tokens"),
            ("9:clamp", .chat, #"{"max_tokens":0}"#, #"{"max_tokens":9}"#),
            ("9:clamp", .response, #"{"max_output_tokens":-1}"#, #"{"max_output_tokens":9}"#),
            ("9:clamp", .chat, #"{"n":0,"max_tokens":0}"#, #"{"n":0,"max_tokens":9}"#),
            (nil, .chat, #"{"max_tokens":10}"#, #"{"max_tokens":10}"#),
        ] as [(String?, Consumption, String, String)])
    func `a body keeps to the cap or is refused`(
        cap: String?, consumption: Consumption, body: String, expected: String
    ) throws {
        #expect(try sent(cap, consumption, body) == expected)
    }
}
