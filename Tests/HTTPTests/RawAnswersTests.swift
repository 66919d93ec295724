import HTTPSamples
import NIOCore
import Testing

@testable import HTTP

/// Every sample is read as it says, however its bytes come.
struct RawAnswersTests {
    @Test func `there are many samples, each with its own name`() {
        #expect(RawAnswers.all.count >= 120)
        #expect(Set(RawAnswers.all.map(\.name)).count == RawAnswers.all.count)
    }

    @Test(arguments: RawAnswers.all)
    func `a response is relayed to the byte, or refused`(answer: RawAnswer) {
        let whole = Reading(answer, [answer.bytes[...]])

        #expect(whole.head == answer.head)
        #expect(whole.body == answer.body)
        switch answer.expected {
        case .relayed(_, let isReusable, let rest):
            #expect(whole.fault == nil && whole.hasEnded)
            #expect(whole.isReusable == (isReusable && rest.isEmpty))
            #expect(whole.rest == RawAnswer.bytes(rest))
        case .relayedUntilClose:
            #expect(whole.fault == nil && whole.framing == .untilClose && !whole.isReusable)
            #expect(whole.rest == [])
        case .refused(let fault), .cut(_, let fault):
            #expect(whole.fault == fault && !whole.hasEnded && !whole.isReusable)
        }
    }

    @Test(arguments: RawAnswers.all)
    func `a response is the same wherever its bytes are split`(answer: RawAnswer) {
        let whole = Reading(answer, [answer.bytes[...]])
        #expect(Reading(answer, answer.bytes.indices.map { answer.bytes[$0...$0] }) == whole)
        var random = SplitMix64(seed: 19)
        for _ in 0..<50 {
            let count = Int.random(in: 1...8, using: &random)
            var cuts = (0..<count).map { _ in Int.random(in: 0...answer.bytes.count, using: &random) }
            cuts = [0] + cuts.sorted() + [answer.bytes.count]
            let parts = zip(cuts, cuts.dropFirst()).map { answer.bytes[$0..<$1] }
            #expect(Reading(answer, parts) == whole, "split at \(cuts)")
        }
    }

    /// It may take less of what has come for the response, but never more, and never something else.
    @Test(arguments: RawAnswers.all)
    func `no beginning of a response is read as another response`(answer: RawAnswer) {
        let whole = Reading(answer, [answer.bytes[...]])
        var random = SplitMix64(seed: 91)
        for _ in 0..<50 {
            let count = Int.random(in: 0...answer.bytes.count, using: &random)
            let part = Reading(answer, [answer.bytes[..<count]])
            #expect(part.head == nil || part.head == whole.head)
            #expect(whole.body.starts(with: part.body))
            if part.hasEnded { #expect(whole.hasEnded && part.body == whole.body) }
        }
    }
}
