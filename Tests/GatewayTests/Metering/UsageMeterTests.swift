import Domain
import Foundation
import Testing

@testable import Gateway

/// What is read of the usage in an answer, however its bytes come.
struct UsageMeterTests {
    @Test func `every kept answer is there to be read`() {
        #expect(GoldenAnswer.all.count >= 60)
        #expect(GoldenAnswer.all.allSatisfy { $0.bytes.count <= 4096 })
    }

    @Test(arguments: GoldenAnswer.all)
    func `an answer is read as it is written beside it, whatever ends its lines`(answer: GoldenAnswer) {
        for bytes in answer.spellings {
            #expect(Metering.text(of: bytes, answer.kind, answer.form, splits: []) == answer.expected)
        }
    }

    @Test(arguments: GoldenAnswer.all)
    func `every split in two and every byte alone read the same`(answer: GoldenAnswer) {
        for bytes in answer.spellings {
            let single = Metering.text(of: bytes, answer.kind, answer.form, splits: bytes.indices)
            #expect(single == answer.expected)
            for split in bytes.indices {
                let halves = Metering.text(of: bytes, answer.kind, answer.form, splits: [split])
                #expect(halves == answer.expected, "split at \(split)")
            }
        }
    }

    @Test func `a response of 32 MiB is counted at any split`() {
        let isVerifying = ProcessInfo.processInfo.environment["VERIFY"] == "1"
        let (bytes, expected) = Self.largeResponse(mebibytes: isVerifying ? 32 : 2)
        var random = SplitMix(state: 20_261)
        for _ in 0..<(isVerifying ? 1000 : 10) {
            let splits = (0..<random.below(6)).map { _ in random.below(bytes.count) }.sorted()
            #expect(Metering.text(of: bytes, .responses, .events, splits: splits) == expected, "\(splits)")
        }
    }

    @Test(
        arguments: [
            ("application/json", UsageMeter.Form.json), ("Application/JSON; charset=utf-8", .json),
            ("application/problem+json", .json), ("text/event-stream", .events),
            ("text/event-stream;charset=utf-8", .events), ("TEXT/EVENT-STREAM", .events),
            ("audio/mpeg", .opaque),
            ("audio/wav; rate=1", .opaque), ("image/png", .opaque), ("application/octet-stream", .opaque),
            ("application/jsonl", .unknown), ("text/plain", .unknown), ("", .unknown), (nil, .unknown),
        ] as [(String?, UsageMeter.Form)])
    func `an answer is labelled by its type`(type: String?, form: UsageMeter.Form) {
        #expect(UsageMeter.Form(contentType: type) == form)
    }

    @Test func `content that nobody can read says nothing and is whole`() {
        let text = #"{"usage":{"prompt_tokens":1}}"#
        #expect(Metering.text(of: Array(text.utf8), .audio, .opaque, splits: []) == "whole: true")
    }

    /// One `response.completed` with decoys in its long text, and what it comes to.
    private static func largeResponse(mebibytes: Int) -> (bytes: [UInt8], expected: String) {
        let line = #"{\"usage\":{\"input_tokens\":666}},\"response\":é😀\\\" data: [DONE] [{\u00e9 "#
        var text = "event: response.completed\ndata: {\"type\":\"response.completed\",\"response\":{"
        text += #""id":"resp_1","output":[{"usage":{"input_tokens":1},"text":""#
        var bytes = Array(text.utf8)
        bytes.reserveCapacity((mebibytes + 1) << 20)
        while bytes.count < mebibytes << 20 { bytes.append(contentsOf: line.utf8) }
        let end = #""}],"status":"completed","usage":{"input_tokens":5,"output_tokens":8000000}}}"#
        bytes.append(contentsOf: (end + "\n\n").utf8)
        let expected = """
            whole: true
            usage: prompt=5 completion=8000000
            id: resp_1
            status: completed
            events: 1
            """
        return (bytes, expected)
    }
}
