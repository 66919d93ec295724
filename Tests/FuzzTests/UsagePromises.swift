import Domain
import NIOCore

@testable import Gateway

/// An answer in one piece and in many reads the same, and so does a stream that loses its usage chunk.
enum UsagePromises {
    static func check(_ input: [UInt8]) throws(BrokenPromise) {
        // Each length has another endpoint, for the fuzzer tries them all.
        let kinds: [Endpoint.Kind] = [.chatCompletions, .responses, .threads, .audio, .other]
        let kind = kinds[input.count % kinds.count]
        let labels: [UsageMeter.Form] = [.json, .events, .unknown]
        let isJSON = input.first == 0x7B || input.first == 0x5B
        // Mostly the right label, and sometimes a wrong one.
        let form = input.count % 7 == 0 ? labels[input.count % 3] : isJSON ? .json : .events
        let whole = read(input, kind, form, pieces: [input.count])
        // Single bytes of what is short; of what is not, few enough pieces to be quick about it.
        let size = 1 + input.count / 128
        let pieces = stride(from: 0, to: input.count, by: size).map { min(size, input.count - $0) }
        let single = read(input, kind, form, pieces: pieces)
        try BrokenPromise.unless(whole == single, "an answer reads the same at every split")
        if let usage = whole.reading.usage {
            let most = UsageTally.limit
            try BrokenPromise.unless(
                usage.prompt <= most && usage.completion <= most,
                "an answer is charged a bounded number of tokens")
            try BrokenPromise.unless(
                usage.cachedPrompt <= usage.prompt && usage.reasoning <= usage.completion,
                "a class is not larger than its total")
        }
        guard form != .json, input.count % 8 == 0 else { return }
        let sent = filter(input, form, pieces: [input.count])
        let sentSingle = filter(input, form, pieces: pieces)
        try BrokenPromise.unless(sent == sentSingle, "a stream is filtered the same at every split")
        try BrokenPromise.unless(sent.count <= input.count, "a filter adds nothing")
    }

    private struct Reading: Equatable {
        var reading: UsageReading
        var model: String?
        var objectID: String?
    }

    private static func read(
        _ input: [UInt8], _ kind: Endpoint.Kind, _ form: UsageMeter.Form, pieces: [Int]
    ) -> Reading {
        let meter = UsageMeter(kind, form: form)
        input.withUnsafeBytes { bytes in
            var start = 0
            for piece in pieces {
                meter.take(UnsafeRawBufferPointer(rebasing: bytes[start..<start + piece]))
                start += piece
            }
        }
        let reading = meter.finish()
        return Reading(reading: reading, model: meter.model, objectID: meter.objectID)
    }

    private static func filter(_ input: [UInt8], _ form: UsageMeter.Form, pieces: [Int]) -> [UInt8] {
        var filter = InjectedChunkFilter(.chatCompletions, form: form)
        var sent: [UInt8] = []
        var start = 0
        for piece in pieces {
            sent += filter.take(ByteBuffer(bytes: input[start..<start + piece])).readableBytesView
            start += piece
        }
        return sent + filter.finish().readableBytesView
    }
}
