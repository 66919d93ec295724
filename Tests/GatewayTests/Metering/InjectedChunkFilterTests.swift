import Domain
import Foundation
import NIOCore
import Testing

@testable import Gateway

/// What is taken out of a stream whose usage was asked for on the client's behalf.
struct InjectedChunkFilterTests {
    private func filtered(_ bytes: [UInt8], splits: some Sequence<Int>) -> [UInt8] {
        var filter = InjectedChunkFilter(.chatCompletions)
        var sent: [UInt8] = []
        var start = 0
        for split in Array(splits) + [bytes.count] {
            sent += filter.take(ByteBuffer(bytes: bytes[start..<split])).readableBytesView
            start = split
        }
        return sent + filter.finish().readableBytesView
    }

    /// The stream without the events that are the usage chunk, found in the plainest way.
    private func reference(_ bytes: [UInt8], lineEnd: [UInt8]) -> [UInt8] {
        var kept: [UInt8] = []
        var block: [UInt8] = []
        var index = 0
        func isUsageChunk(_ block: [UInt8]) -> Bool {
            let text = String(decoding: block, as: UTF8.self)
            let lines = text.split { $0 == "\n" || $0 == "\r" || $0 == "\r\n" }
            let data = lines.filter { $0.hasPrefix("data:") }.map { $0.dropFirst(5) }.joined(separator: "\n")
            let object = try? JSONSerialization.jsonObject(with: Data(data.utf8)) as? [String: Any]
            let known = [
                "id", "object", "created", "model", "choices", "usage", "service_tier", "system_fingerprint",
                "obfuscation",
            ]
            return (object?["choices"] as? [Any])?.isEmpty == true && object?["usage"] is [String: Any]
                && object?.keys.allSatisfy { known.contains($0) } == true
        }
        let blank = lineEnd + lineEnd
        while index < bytes.count {
            if bytes[index...].starts(with: blank) {
                index += blank.count
                if !isUsageChunk(block) { kept += block + blank }
                block = []
            } else {
                block.append(bytes[index])
                index += 1
            }
        }
        return kept + (isUsageChunk(block) ? [] : block)
    }

    private static let streams = GoldenAnswer.all.filter {
        $0.form == .events && !$0.bytes.contains(0x0D) && !$0.name.contains("fields")
    }

    @Test(arguments: streams)
    func `a stream loses its usage chunk and nothing else, at every split`(answer: GoldenAnswer) {
        for (bytes, lineEnd) in zip(answer.spellings, [[0x0A], [0x0D, 0x0A], [0x0D]] as [[UInt8]]) {
            let expected = reference(bytes, lineEnd: lineEnd)
            #expect(filtered(bytes, splits: []) == expected)
            #expect(filtered(bytes, splits: bytes.indices) == expected)
            for split in bytes.indices {
                #expect(filtered(bytes, splits: [split]) == expected, "split at \(split)")
            }
        }
    }

    @Test func `the kept streams with a usage chunk lose one`() {
        let lost = Self.streams.filter { filtered($0.bytes, splits: []) != $0.bytes }.map(\.name)

        #expect(lost.contains("chat-stream") && lost.contains("chat-stream-lines"))
        #expect(lost.contains("chat-stream-decoys") && lost.contains("completions-stream"))
        #expect(!lost.contains("chat-stream-no-usage") && !lost.contains { $0.hasPrefix("responses") })
    }

    @Test func `an ordinary chunk goes on as it came, as soon as its choices are seen`() {
        var filter = InjectedChunkFilter(.chatCompletions)
        for text in [
            "data: {\"choices\":[{\"index\":0}],\"usage\":null}\n\n", ": ping\n\n", "data: [DONE]\n\n",
            "data: {\"choices\":[{\"delta\":", "{\"content\":\"a", "b", "\"}}]}\n\n: pi", "ng\n", "\n",
            "data: [", "\n\n",
        ] {
            #expect(filter.take(ByteBuffer(string: text)) == ByteBuffer(string: text), "\(text)")
        }
        #expect(filter.finish().readableBytes == 0)
    }

    @Test func `an event is held until its choices are seen`() {
        var filter = InjectedChunkFilter(.chatCompletions)

        #expect(filter.take(ByteBuffer(string: "data: {}\n\nda")) == ByteBuffer(string: "data: {}\n\n"))
        #expect(filter.take(ByteBuffer(string: "ta: {\"choices\": [")).readableBytes == 0)
        #expect(
            filter.take(ByteBuffer(string: " 1, ")) == ByteBuffer(string: "data: {\"choices\": [ 1, "))
        #expect(filter.finish().readableBytes == 0)
    }

    @Test func `what is cut off is sent, and nothing is made up`() {
        for text in ["data: {\"choices\":[],\"usage\":{}", "data: {\"choices\":[", "data:", "event: x\n"] {
            #expect(filtered(Array(text.utf8), splits: [3]) == Array(text.utf8), "\(text)")
        }
        let whole = "data: {\"choices\":[],\"usage\":{}}\n"
        #expect(filtered(Array(whole.utf8), splits: [3]).isEmpty)
    }

    @Test func `an event larger than the bound is sent, whatever it is`() {
        let long = String(repeating: "x", count: InjectedChunkFilter.heldLimit)
        let bytes = Array("data: {\"x\":\"\(long)\",\"choices\":[],\"usage\":{}}\n\ndata: [DONE]\n\n".utf8)

        #expect(filtered(bytes, splits: stride(from: 1, to: bytes.count, by: 1000)) == bytes)
    }

    @Test(arguments: [
        #""error":{"message":"x"}"#, #""error":"x""#, #""moderation":{"flagged":true}"#,
        #""x_groq":{"id":"r"}"#, #""citations":["a"]"#, #""prompt_filter_results":[{}]"#,
        #""timings":{"n":1}"#,
        #""provider":"p""#, #""n":0"#, #""done":true"#, #""system_fingerprint_2":"x""#, #""type":"x""#,
        #""\u0065rror":{}"#,
    ])
    func `a chunk that says something else too is sent whole`(member: String) {
        for text in [
            "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":3},\(member)}\n\n",
            "data: {\(member),\"choices\":[],\"usage\":{\"prompt_tokens\":3}}\n\n",
        ] {
            let bytes = Array(text.utf8)
            for split in bytes.indices { #expect(filtered(bytes, splits: [split]) == bytes, "\(split)") }
            #expect(filtered(bytes, splits: bytes.indices) == bytes)
        }
    }

    @Test(arguments: [
        #""id":"c","object":"o","created":1,"model":"m","service_tier":"default","system_fingerprint":"f""#,
        #""obfuscation":"abc""#, #""error":null"#, #""service_tier":null,"x":null,"y":"""#,
    ])
    func `what names the completion goes with the chunk that was asked for`(members: String) {
        let bytes = Array("data: {\(members),\"choices\":[],\"usage\":{\"prompt_tokens\":3}}\n\n".utf8)
        for split in bytes.indices { #expect(filtered(bytes, splits: [split]).isEmpty, "\(split)") }
        #expect(filtered(bytes, splits: bytes.indices).isEmpty)
    }

    @Test func `the usage that was taken out was read`() {
        var filter = InjectedChunkFilter(.chatCompletions)
        let text = "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":3}}\n\ndata: [DONE]\n\n"

        #expect(filter.take(ByteBuffer(string: text)) == ByteBuffer(string: "data: [DONE]\n\n"))
        let reading = filter.meter.finish()
        #expect(reading.usage == Usage(prompt: 3, completion: 0) && reading.isWhole)
    }
}
